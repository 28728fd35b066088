/**
 * `npm run validate:carry`: bounds of the stage carry on pairs with known truth, for docs/carry.md. Resumable: pairs that are
 * done stay in the folder. Exit code 1 when a bound is missed after all pairs.
 */
import { appendFileSync, existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { readJson, writeJson } from "../../src/io/atomic.js";
import { writeCsv } from "../../src/io/csv.js";
import { type Bound, boundsTable, constantBounds, nounBounds } from "./carry-criteria.js";
import { type ConstantPair, constantPair, type NounPair, nounPair } from "./carry-pairs.js";
import type { Surroundings } from "./stage-run.js";

const { values } = parseArgs({
  options: {
    constants: { type: "string", default: "20" },
    nouns: { type: "string", default: "3" },
    out: { type: "string", default: "runs/validate-carry" },
  },
});
const out = resolve(values.out);
const [constants, nouns] = [Number(values.constants), Number(values.nouns)];
await mkdir(join(out, "pairs"), { recursive: true });

const begin = Date.now();
const seconds = () => (Date.now() - begin) / 1000;
const log = (line: string) => {
  const text = `${seconds().toFixed(0).padStart(6)} s  ${line}`;
  console.error(text);
  appendFileSync(join(out, "log.txt"), `${text}\n`);
};
const controller = new AbortController();
process.once("SIGINT", () => controller.abort(new Error("stopped")));
const surroundings: Surroundings = { folder: out, log, signal: controller.signal };

let [done, made] = [0, 0];
/** What is known of a pair, or else measured now. Its CPU time is written beside it. */
async function pairOf<T>(name: string, measure: () => Promise<T>): Promise<T & { cpuSeconds: number }> {
  const file = join(out, "pairs", `${name}.json`);
  if (!existsSync(file)) {
    const before = process.cpuUsage();
    const found = await measure();
    const { user, system } = process.cpuUsage(before);
    await writeJson(file, { ...found, cpuSeconds: (user + system) / 1e6 });
    made++;
  }
  done++;
  const left = constants + nouns - done;
  const time = made > 0 ? `, about ${((left * seconds()) / made / 60).toFixed(0)} min left` : "";
  log(`${name} done, ${done} of ${constants + nouns}${left > 0 ? time : ""}`);
  return (await readJson(file)) as T & { cpuSeconds: number };
}

async function writeTables(ofConstants: readonly ConstantPair[], ofNouns: readonly NounPair[]): Promise<Bound[]> {
  const bounds = [...constantBounds(ofConstants), ...nounBounds(ofNouns)];
  await writeCsv(
    join(out, "constant.csv"),
    ofConstants.map(({ contrast, ...row }) => ({
      ...row,
      contrast: contrast.value,
      low: contrast.low,
      high: contrast.high,
    })),
  );
  await writeCsv(
    join(out, "nouns.csv"),
    ofNouns.map(({ plantedByR, decoysByR, plantedOtherwise, ...row }) => ({
      ...row,
      ...{ logRatioArea: plantedOtherwise.logRatios.area, featuresArea: plantedOtherwise.byFeatures.area },
      outputChangesArea: plantedOtherwise.byOutputChanges.area,
      ...{ rArea: plantedByR.area, rWords: plantedByR.words, rP: plantedByR.pValue },
      ...{ rDecoyArea: decoysByR.area, rDecoyWords: decoysByR.words, rDecoyP: decoysByR.pValue },
    })),
  );
  await writeFile(join(out, "bounds.md"), boundsTable(bounds));
  return bounds;
}

try {
  const ofNouns: NounPair[] = [];
  const ofConstants: ConstantPair[] = [];
  for (let seed = 1; seed <= nouns; seed++) {
    ofNouns.push(await pairOf(`nouns-${seed}`, () => nounPair(seed, surroundings)));
    await writeTables(ofConstants, ofNouns);
  }
  for (let seed = 1; seed <= constants; seed++) {
    ofConstants.push(await pairOf(`constant-${seed}`, () => constantPair(seed, surroundings)));
    await writeTables(ofConstants, ofNouns);
  }
  const bounds = await writeTables(ofConstants, ofNouns);
  console.log(boundsTable(bounds));
  process.exitCode = bounds.every(({ holds }) => holds) ? 0 : 1;
} catch (error) {
  if (!controller.signal.aborted) throw error;
  console.error("Stopped. The same command goes on.");
  process.exitCode = 130;
}
// The engine's worker would keep the process alive.
process.exit();
