/** Whether a run's models can be used. */
import { join } from "node:path";
import { RewardscopeError } from "../errors.js";
import { damageInWords } from "../results/outputs.js";
import { exists, type FoundRun } from "./find-runs.js";
import { isLoaded } from "./loaded-runs.js";
import { runPath } from "./pages/frame.js";
import type { Runs } from "./runs.js";
import type { RunSummary } from "./summarise-run.js";

/** The reason why a run's models cannot be used; undefined if they can. */
export async function unplayable(
  { folder }: FoundRun,
  { models, stages, damage }: RunSummary,
): Promise<string | undefined> {
  const damaged = damage.filter(({ file }) => isLoaded(file));
  if (damaged.length > 0)
    return `This run is damaged: ${damageInWords(damaged)}. rewardscope run --resume --out ${folder} repairs it.`;
  if (models.tuned !== undefined || (await exists(join(folder, "tuned", "model.safetensors")))) return undefined;
  const tune = stages.find(({ name }) => name === "tune")?.status ?? "pending";
  return `The run has no tuned model yet: the stage tune is ${tune}.`;
}

/** @throws RewardscopeError INVALID_INPUT with the reason why its models cannot be used */
export async function playable(run: FoundRun, runs: Runs): Promise<FoundRun> {
  const problem = await unplayable(run, await runs.summary(run));
  if (problem) throw new RewardscopeError("INVALID_INPUT", problem, { help: `${runPath(run.id)} shows how far it is` });
  return run;
}
