/** What the documents say of files and settings is so. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

/** Paths of the files below a folder of the project, with `/`. */
const below = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"));

const files = [
  ...readdirSync(root, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : [])),
  ...["assets", "bench", "docs", "src", "test"].flatMap(below),
];
// docs/api is made of docstrings, not written.
const notOurs = /^(assets\/prompts|docs\/api)\//;
const pages = files.filter((file) => file.endsWith(".md") && !notOurs.test(file));

test.each(pages)("%s links only to files that are there", (page) => {
  const text = readFileSync(join(root, page), "utf8");
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target]) => target);
  for (const target of links) expect(existsSync(join(root, dirname(page), target)), target).toBe(true);
});

/** Names of our sources between backticks, whole or from some folder on, such as `graph/op.ts`. */
const named = (text: string): string[] =>
  [...text.matchAll(/`([\w./-]+\.ts)`/g)].map(([, path]) => path.replace(/^(\.\.?\/)+/, ""));

/** Those that are nowhere. */
const missing = (file: string): string[] =>
  named(readFileSync(join(root, file), "utf8")).filter((path) => !files.some((one) => `/${one}`.endsWith(`/${path}`)));

test.each(pages)("%s names only sources that are there", (page) => {
  expect(missing(page)).toEqual([]);
});

test("comments name only sources that are there", () => {
  const sources = files.filter((file) => /\.(ts|py)$/.test(file));
  expect(sources.flatMap((file) => missing(file).map((path) => `${file}: ${path}`))).toEqual([]);
});

test("the page on autoencoders names every setting of the studies", () => {
  const text = readFileSync(join(root, "docs/autoencoders.md"), "utf8");
  for (const setting of ["l1Coefs", "tied", "lowest"]) expect(text).toContain(`studies.${setting}`);
});
