/**
 * `npm run findings -- SEEDS EXAMPLE`: writes the numbers of five seeds into the tables of docs/findings.md, docs/paper.md and
 * README.md. SEEDS is the folder of `rewardscope run default --seeds 1,2,3,4,5`; with the stage `studies` in each run, Appendix J too.
 * EXAMPLE is that of `rewardscope run default`.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../../src/io/atomic.js";
import { type Results, readResults } from "../../src/results/results.js";
import { readSeedsResults } from "../../src/results/seeds.js";
import { measuredText, spreadText } from "./numbers.js";
import { paperCells } from "./paper.js";
import { readmeRows } from "./readme.js";
import { findingsRows, type SeedRun } from "./rows.js";

const root = join(import.meta.dirname, "../..");
const [folder, example] = process.argv.slice(2);
if (!folder || !example) {
  console.error("expected the folder of the seeds' runs, and that of the example run");
  process.exit(2);
}
const seeds = await readSeedsResults(folder);
const runs: SeedRun[] = await Promise.all(
  seeds.seeds.map(async (seed) => ({ seed, results: await finished(join(folder, `seed-${seed}`)) })),
);

/** @throws Error when the folder has no run, or one that has not come to its last stage with numbers */
async function finished(run: string): Promise<Results> {
  const results = await readResults(run);
  if (!results.frequency) throw new Error(`${run}: expected a finished run of default, found none`);
  return results;
}

/** "- seed 1, more in the tuned model: great, ...; more in the base model: have, ..." */
function wordsOf({ seed, results }: SeedRun): string {
  const { moreInTuned, moreInBase } = results.implicitReward!.overRepresented;
  const list = (all: readonly { word: string }[], most: number) =>
    all
      .slice(0, most)
      .map(({ word }) => word)
      .join(", ");
  return `- seed ${seed}, more in the tuned model: ${list(moreInTuned, 12)}; more in the base model: ${list(moreInBase, 8)}.`;
}

/** docs/findings.md with the numbers of the runs in the tables with a column per seed, and their words. */
function findingsPage(page: string): string {
  const rows = findingsRows(seeds);
  const words = runs.map(wordsOf);
  let inTable = false;
  const lines = page.split("\n").map((line) => {
    if (/^- seed \d/.test(line)) return words.shift() ?? misplaced("docs/findings.md", line);
    if (line.includes("| seed 1 |")) inTable = true;
    else if (!line.startsWith("|")) inTable = false;
    else if (inTable && !line.startsWith("| ---")) {
      const label = line.split(" | ")[0].replace(/^\| ?/, "");
      const row = rows.shift();
      if (row?.label !== label) return misplaced("docs/findings.md", label, row?.label);
      const values = runs.map((run) => row.of(run));
      const cells = values.map((value) => measuredText(value, row));
      if (row.spread) cells.push(spreadText(values, row));
      return `| ${[label, ...cells].join(" | ")} |`;
    }
    return line;
  });
  for (const { label } of rows) misplaced("docs/findings.md", "its end", label);
  for (const line of words) misplaced("docs/findings.md", "its end", line);
  return lines.join("\n");
}

/** docs/paper.md with cells by the item in the first column. */
function paperPage(page: string, cells: Readonly<Record<string, string>>): string {
  const left = new Set(Object.keys(cells));
  const lines = page.split("\n").map((line) => {
    const columns = line.split(" | ");
    const item = columns[0].replace(/^\| /, "");
    if (columns.length !== 5 || !left.delete(item)) return line;
    return `${columns.slice(0, 4).join(" | ")} | ${cells[item]} |`;
  });
  for (const item of left) misplaced("docs/paper.md", "its end", item);
  return lines.join("\n");
}

function readmePage(page: string, table: readonly string[]): string {
  const lines = page.split("\n");
  const header = lines.findIndex((line) => line.startsWith("| | seed 42 |"));
  if (header < 0) misplaced("README.md", "its end", "| | seed 42 |");
  lines.splice(header + 2, table.length, ...table);
  return lines.join("\n");
}

function misplaced(page: string, found: string, expected = "nothing"): never {
  throw new Error(`${page}: expected ${expected}, found ${found}`);
}

const cells = await paperCells(folder, runs);
const table = readmeRows(
  await finished(example),
  runs.map(({ results }) => results),
);
const page = (name: string) => readFile(join(root, name), "utf8");
// All are made before one is written.
const pages = {
  "docs/findings.md": findingsPage(await page("docs/findings.md")),
  "docs/paper.md": paperPage(await page("docs/paper.md"), cells),
  "README.md": readmePage(await page("README.md"), table),
};
for (const [name, text] of Object.entries(pages)) await writeFileAtomic(join(root, name), text);
