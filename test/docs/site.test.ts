/** The documentation site has every page in its sidebar, follows the stages, and quotes messages that exist. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { describe, expect, it, test } from "vitest";
import { sidebar } from "../../docs/.vitepress/sidebar.js";
import { slug } from "../../docs/.vitepress/slug.js";
import { configJsonSchema } from "../../src/config/json-schema.js";
import { methodStages } from "../../src/pipeline/stages/stages.js";

const root = resolve(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** Files below a folder of the project that have this ending, with `/`. */
const below = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending) && !entry.parentPath.includes(".vitepress"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"));

// Those of docs/api are made when the site is built, and checked then.
const pages = below("docs", ".md").filter((page) => !page.startsWith("docs/api/"));
const links = sidebar.flatMap(({ items }) => items.map(({ link }) => link));

it("has every page in the sidebar, once, and nothing else", () => {
  const linked = links.filter((link) => !link.startsWith("/api/"));
  const files = linked.map((link) => `docs${link.replace(/\/$/, "/index")}.md`);
  expect(files.sort()).toEqual(pages.filter((page) => page !== "docs/index.md").sort());
});

it("has a page in the sidebar for all settings and for every entry point of the package", () => {
  const { exports, name } = JSON.parse(read("package.json")) as { exports: Record<string, string>; name: string };
  const points = Object.entries(exports).filter(([, path]) => path.endsWith(".js"));
  const expected = points.map(([point]) => `/api/${point === "." ? name : point.slice(2)}`);
  expect(links.filter((link) => link.startsWith("/api/")).sort()).toEqual(
    ["/api/", "/api/settings", ...expected].sort(),
  );
});

/** The addresses of a page's headings. */
const sections = (page: string): string[] =>
  [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => slug(heading.replace(/[`*]|\]\([^)]*\)/g, "")));

test.each([...pages, "README.md"])("%s links only to sections that are there", (page) => {
  for (const [, path, section] of read(page).matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)) {
    const target =
      path === ""
        ? page
        : relative(root, resolve(root, page, "..", path))
            .split(sep)
            .join("/");
    expect(sections(target), `${target}#${section}`).toContain(section);
  }
});

describe("the page of a stage", () => {
  test.each(methodStages(async () => "").map((stage) => [stage.name, stage] as const))(
    "%s names what the stage writes",
    (name, { outputs }) => {
      const writes = /^\| writes \| (.*) \|$/m.exec(read(`docs/stages/${name}.md`))?.[1] ?? "";
      for (const output of outputs) expect(writes).toContain(output.split("/").at(-1));
    },
  );
});

/** Settings that a page gives with `--set`, or has as rows of a table of its settings. */
const settingsOf = (page: string): string[] =>
  [
    ...read(page).matchAll(/--set "?([\w.]+)=/g),
    ...(/## Settings that matter\n([\s\S]*?)\n## /.exec(read(page))?.[1] ?? "").matchAll(/^\| `(\w+\.\w+[\w.]*)`/gm),
  ].map(([, path]) => path);

interface Schema {
  properties?: Record<string, Schema>;
  /** Of a group with names of the user's. */
  additionalProperties?: Schema | boolean;
  anyOf?: Schema[];
}

const hasSetting = ({ properties, additionalProperties, anyOf }: Schema, [key, ...rest]: readonly string[]): boolean =>
  key === undefined ||
  (properties?.[key] !== undefined && hasSetting(properties[key], rest)) ||
  (typeof additionalProperties === "object" && hasSetting(additionalProperties, rest)) ||
  (anyOf ?? []).some((one) => hasSetting(one, [key, ...rest]));

test.each(pages)("%s names only settings that are there", (page) => {
  const schema = configJsonSchema() as Schema;
  expect(settingsOf(page).filter((path) => !hasSetting(schema, path.split(".")))).toEqual([]);
});

describe("the page on troubleshooting", () => {
  // What stands between two values in the program's texts; the word "expected" comes with every wrong setting.
  const source = below("src", ".ts")
    .filter((file) => !file.endsWith(".test.ts"))
    .map(read)
    .join("\n");
  const quoted = [...read("docs/troubleshooting.md").matchAll(/^### `([^`]+)`/gm)].map(([, text]) => text);

  test.each(quoted)("quotes a message of the program: %s", (text) => {
    const withoutWord = text.replace(/^expected /, "");
    expect(source.includes(text) || source.includes(withoutWord)).toBe(true);
  });

  it("quotes many", () => expect(quoted.length).toBeGreaterThan(30));
});
