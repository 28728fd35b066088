/**
 * `npm run tuning`: tunes the embedded model in several ways, five seeds each, and writes docs/tuning.md.
 * About two minutes a run; stopped, it goes on where it was.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readMetrics } from "../../src/results/read-run.js";
import { runStagesIn, type Surroundings } from "../../test/validate/stage-run.js";
import { type Arm, arms, seeds } from "./arms.js";
import { type ArmRun, writeTuningPage } from "./page.js";
import { roundingTwin } from "./rounding-twin.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

async function runArm(arm: Arm, name: string, model: string, surroundings: Surroundings): Promise<ArmRun> {
  const seed = name === "twin" ? seeds[0] : Number(name);
  const input = { seed, ppo: arm.ppo, model: { name: model } };
  const { folder, results, seconds } = await runStagesIn(`${arm.name}-${name}`, input, "evaluate", surroundings);
  return { arm, name, tune: results.tune!, metrics: await readMetrics(folder), seconds };
}

const begin = Date.now();
const log = (line: string) => console.error(`${((Date.now() - begin) / 1000).toFixed(0).padStart(5)} s  ${line}`);
const controller = new AbortController();
process.once("SIGINT", () => controller.abort(new Error("stopped")));
const surroundings = { folder: join(root, "runs", "tuning"), log, signal: controller.signal };
try {
  const twin = await roundingTwin(join(surroundings.folder, "twin"));
  const runs: ArmRun[] = [];
  for (const arm of arms) {
    for (const seed of seeds) runs.push(await runArm(arm, String(seed), "embedded", surroundings));
    runs.push(await runArm(arm, "twin", twin, surroundings));
  }
  await writeTuningPage(runs, join(root, "docs"));
} catch (error) {
  if (!controller.signal.aborted) throw error;
  console.error("Stopped. To continue: npm run tuning");
  process.exitCode = 130;
}
// The engine's worker would keep the process alive.
process.exit();
