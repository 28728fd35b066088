/** The page on figures names everything that the report shows. */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { renderReport } from "../../src/report/pages/run.js";
import { exampleRun } from "../support/example-run.js";

const root = resolve(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/figures.md"), "utf8");

/** Titles of a report's figures and captions of its tables, without the model that they are of. */
function titlesOf(report: string): string[] {
  const found = [...report.matchAll(/<h4[^>]*>([\s\S]*?)<\/h4>|<caption><span>([\s\S]*?)(?:<small>|<\/span>)/g)];
  const words = found.map(([, figure, table]) => (figure ?? table).replaceAll("&#39;", "'").trim());
  return words.map((title) => title.replace(/, (tuned|base) model$/, ""));
}

/** Captions of tables that stand as they are in the sources of all reports, the audit's and those of several runs too. */
function captions(): string[] {
  const files = readdirSync(join(root, "src/report"), { recursive: true, encoding: "utf8" });
  const sources = files.filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  const texts = sources.map((name) => readFileSync(join(root, "src/report", name), "utf8"));
  return texts
    .flatMap((text) => [...text.matchAll(/caption: "([^"]+)"/g)].map(([, caption]) => caption))
    .filter((caption) => !caption.endsWith("."));
}

const titles = new Set([...titlesOf(renderReport(exampleRun())), ...captions()]);

test.each([...titles])("names %s", (title) => {
  expect(page).toContain(title);
});

test("which are many", () => expect(titles.size).toBeGreaterThan(60));
