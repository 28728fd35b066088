/**
 * `npm run findings -- SEEDS EXAMPLE`: writes the numbers of five seeds into the tables of docs/findings.md, docs/paper.md and
 * README.md. SEEDS is the folder of `rewardscope run default --seeds 1,2,3,4,5`; with the stage `studies` in each run, Appendix J too.
 * EXAMPLE is that of `rewardscope run default`.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../../src/io/atomic.js";
import { readResults } from "../../src/results/results.js";
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
  seeds.seeds.map(async (seed) => ({ seed, results: await readResults(join(folder, `seed-${seed}`)) })),
);

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

const rows = findingsRows(seeds);
const words = runs.map(wordsOf);
let inTable = false;
const findings = (await readFile(join(root, "docs/findings.md"), "utf8")).split("\n").map((line) => {
  if (/^- seed \d/.test(line)) return words.shift();
  const label = line.split(" | ")[0].replace(/^\| ?/, "");
  if (line.includes("| seed 1 |")) inTable = true;
  else if (!line.startsWith("|")) inTable = false;
  else if (inTable && !line.startsWith("| ---")) {
    const row = rows.shift();
    if (row?.label !== label) throw new Error(`docs/findings.md: expected the row "${row?.label}", found "${label}"`);
    const values = runs.map((run) => row.of(run));
    const cells = values.map((value) => measuredText(value, row));
    if (row.spread) cells.push(spreadText(values, row));
    return `| ${[label, ...cells].join(" | ")} |`;
  }
  return line;
});
if (rows.length > 0) throw new Error(`docs/findings.md: the row "${rows[0].label}" is missing`);
await writeFileAtomic(join(root, "docs/findings.md"), findings.join("\n"));

const cells = await paperCells(folder, runs);
const paper = (await readFile(join(root, "docs/paper.md"), "utf8")).split("\n").map((line) => {
  const columns = line.split(" | ");
  const cell = cells[columns[0].replace(/^\| /, "")];
  return cell && columns.length === 5 ? `${columns.slice(0, 4).join(" | ")} | ${cell} |` : line;
});
await writeFileAtomic(join(root, "docs/paper.md"), paper.join("\n"));

const table = readmeRows(
  await readResults(example),
  runs.map(({ results }) => results),
);
const lines = (await readFile(join(root, "README.md"), "utf8")).split("\n");
const header = lines.findIndex((line) => line.startsWith("| | seed 42 |"));
lines.splice(header + 2, table.length, ...table);
await writeFileAtomic(join(root, "README.md"), lines.join("\n"));
