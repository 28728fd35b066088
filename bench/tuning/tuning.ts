/** `npm run tuning`: tunes the embedded model in several ways, five seeds each, and writes docs/tuning.md. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runStagesIn, type Surroundings } from "../../test/validate/stage-run.js";
import { arms, seeds } from "./arms.js";
import { roundingTwin } from "./rounding-twin.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

async function tune(surroundings: Surroundings): Promise<void> {
  const twin = await roundingTwin(join(surroundings.folder, "twin"));
  for (const { name, ppo } of arms) {
    for (const seed of seeds) await runStagesIn(`${name}-${seed}`, { seed, ppo }, "evaluate", surroundings);
    await runStagesIn(`${name}-twin`, { seed: seeds[0], ppo, model: { name: twin } }, "evaluate", surroundings);
  }
}
const begin = Date.now();
const log = (line: string) => console.error(`${((Date.now() - begin) / 1000).toFixed(0).padStart(5)} s  ${line}`);
const controller = new AbortController();
process.once("SIGINT", () => controller.abort(new Error("stopped")));
await tune({ folder: join(root, "runs", "tuning"), log, signal: controller.signal });
process.exit();
