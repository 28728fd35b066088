/**
 * The embedded model tuned by TRL 0.7.7 and by us with the same settings and prompts, several seeds each, and what came of it:
 * docs/learning.md with its figures and numbers.
 *
 *     npx tsx test/peers/learning/band.ts FOLDER [--seeds 5] [--set ppo.batches=24 ...]
 *
 * A seed whose file is in FOLDER already is not run again. 24 batches take about a minute and a half of two idle cores per seed and side.
 */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { pythonOf, runProgram } from "../environments.js";
import { writeFindings } from "./findings.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seeds: { type: "string", default: "5" }, set: { type: "string", multiple: true, default: [] } },
});
const [folder] = positionals;
if (!folder) throw new Error("band.ts: name the folder in which the curves are kept");
const here = (name: string): string => join(import.meta.dirname, name);
const log = (line: string): void => console.error(line);

await mkdir(folder, { recursive: true });
const settings = join(folder, "settings.json");
const tsx = ["--import", "tsx"];
const overrides = values.set.flatMap((text) => ["--set", text]);
if (!existsSync(settings)) await runProgram(process.execPath, [...tsx, here("settings.ts"), settings, ...overrides]);
for (let seed = 1; seed <= Number(values.seeds); seed++) {
  const [theirs, ours] = ["trl", "ours"].map((side) => join(folder, `${side}-${seed}.jsonl`));
  if (!existsSync(theirs)) {
    log(`TRL, seed ${seed}`);
    await runProgram(await pythonOf("trl", log), [here("trl_seed.py"), settings, String(seed), theirs]);
  }
  if (!existsSync(ours)) {
    log(`ours, seed ${seed}`);
    await runProgram(process.execPath, [...tsx, here("our-seed.ts"), settings, String(seed), ours]);
  }
}
await writeFindings(folder, join(import.meta.dirname, "../../../docs"));
