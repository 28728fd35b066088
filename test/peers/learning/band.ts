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
const tsx = ["--import", "tsx"];

/** A file of the default preset's settings with changes. */
async function settingsFile(name: string, changes: readonly string[]): Promise<string> {
  const file = join(folder, name);
  const options = [...changes, ...values.set].flatMap((text) => ["--set", text]);
  if (!existsSync(file)) await runProgram(process.execPath, [...tsx, here("settings.ts"), file, ...options]);
  return file;
}
// TRL's trainer never applies the dropout of its value head; these runs show what it would change.
const settings = await settingsFile("settings.json", []);
const withDropout = await settingsFile("settings-dropout.json", ["ppo.valueHeadDropout=0.1"]);

async function ourSeed(side: "ours" | "dropout", given: string, seed: number): Promise<void> {
  const file = join(folder, `${side}-${seed}.jsonl`);
  if (existsSync(file)) return;
  log(`${side}, seed ${seed}`);
  await runProgram(process.execPath, [...tsx, here("our-seed.ts"), given, String(seed), file]);
}

for (let seed = 1; seed <= Number(values.seeds); seed++) {
  const theirs = join(folder, `trl-${seed}.jsonl`);
  if (!existsSync(theirs)) {
    log(`TRL, seed ${seed}`);
    await runProgram(await pythonOf("trl", log), [here("trl_seed.py"), settings, String(seed), theirs]);
  }
  await ourSeed("ours", settings, seed);
  await ourSeed("dropout", withDropout, seed);
}
await writeFindings(folder, join(import.meta.dirname, "../../../docs"));
