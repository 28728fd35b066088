/** The documentation site: `npm run site` builds it, `npx vitepress dev docs` shows it while it is written. */
import { copyFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitepress";
import { repositoryLinks } from "./repository-links.js";
import { sidebar } from "./sidebar.js";
import { slug } from "./slug.js";

const headings = (source: string): string => (source.match(/^#{1,3} .*$/gm) ?? []).join("\n\n");

export default defineConfig({
  title: "rewardscope",
  description: "Tune a small language model on a reward, and measure which reward it learned.",
  lang: "en",
  // Browsers ask for an icon; there is none.
  head: [["link", { rel: "icon", href: "data:," }]],
  markdown: { anchor: { slugify: slug }, config: repositoryLinks },
  themeConfig: {
    sidebar,
    outline: [2, 3],
    search: {
      provider: "local",
      options: {
        // Of the pages made of docstrings the search knows the names alone: a question about tau is not about a field of it.
        _render: (source, env, md) =>
          md.render(/^api\/(?!settings)/.test(env.relativePath) ? headings(source) : source, env),
      },
    },
    nav: [
      { text: "Start", link: "/start" },
      { text: "Method", link: "/method" },
      { text: "Glossary", link: "/glossary" },
    ],
  },
  /** Tables that pages link to lie beside the pages. */
  buildEnd: ({ srcDir, outDir }) => {
    const tables = readdirSync(srcDir).filter((file) => file.endsWith(".csv"));
    for (const table of tables) copyFileSync(join(srcDir, table), join(outDir, table));
  },
});
