/** Links of a page that leave the folder of the documentation: they work in the repository and have no page on the site. */
import { posix } from "node:path";
import type { MarkdownRenderer } from "vitepress";

const isExternal = (href: string) => /^[a-z]+:|^#|^\//.test(href);

/**
 * Shows a link to a file outside of docs/ as its text and the file's path, without a link, since the site has no such page.
 * All other links stay as they are.
 */
export function repositoryLinks(md: MarkdownRenderer): void {
  md.core.ruler.push("repository-links", ({ tokens, env, Token }) => {
    const folder = posix.dirname(env.relativePath);
    for (const { children } of tokens) {
      for (let i = 0; i < (children?.length ?? 0); i++) {
        const open = children![i];
        const href = open.type === "link_open" ? String(open.attrGet("href")) : "";
        if (href === "" || isExternal(href)) continue;
        const path = posix.normalize(posix.join("docs", folder, href.replace(/#.*$/, "")));
        if (path.startsWith("docs/")) continue;
        const close = children!.findIndex((token, at) => at > i && token.type === "link_close");
        const text = children!.slice(i + 1, close);
        const isPath = text.some(({ content }) => path.endsWith(content.replace(/`/g, "")));
        const name = new Token("code_inline", "code", 0);
        name.content = path;
        const between = new Token("text", "", 0);
        between.content = " (in the repository: ";
        const after = new Token("text", "", 0);
        after.content = ")";
        children!.splice(i, close - i + 1, ...(isPath ? [name] : [...text, between, name, after]));
      }
    }
  });
}
