/** Makes several runs, one after the other, each in a run folder below one folder. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ConfigError } from "../../errors.js";
import { removeTemporaries } from "../../io/atomic.js";
import { resolveInputs } from "../run/hub-inputs.js";
import { checkFree, RunFolder } from "../run/run-folder.js";
import { lockFolder } from "../run/run-lock.js";
import { type RunOptions, runStages } from "../run/runner.js";
import { inWords, type PlanList, type RunPlan, type Sweep } from "./plans.js";
import { readPlans, writePlans } from "./plans-file.js";

/** Stage by stage as `runStages`. */
export type RunPlansOptions = Omit<RunOptions, "only" | "inputs"> & {
  /**
   * Go on with what is there; what is up to date does not run again. Default: the folder must be
   * new or empty.
   */
  resume?: boolean;
};

/**
 * Whether several runs can begin in a folder, or go on there.
 * @param resumes such runs may be there already
 * @returns where they are gone on with, their plans
 * @throws ConfigError when something else is there; FormatError as `readPlans`
 */
export async function begunPlans(folder: string, sweep: Sweep, resumes: boolean): Promise<PlanList | undefined> {
  const refuse = (expected: string, received: string): never => {
    throw new ConfigError("rewardscope run", [
      { path: "--out", expected, received: `${folder}, which holds ${received}` },
    ]);
  };
  const wanted = inWords(sweep);
  if (existsSync(join(folder, "run.json"))) refuse(`a folder for ${wanted}`, "a single run");
  const begun = await readPlans(folder);
  if (begun && !resumes) refuse("a new or empty folder, or --resume to go on with what is there", inWords(begun));
  if (begun && inWords(begun) !== wanted) refuse(`a folder for ${wanted}`, inWords(begun));
  if (!resumes) await checkFree(folder);
  return begun;
}

/**
 * Makes one run, or goes on with it. It needs nothing of the other runs: each may be made on
 * another machine, in a folder of the plan's name, and be moved below the folder of all for
 * `collect`.
 * @param folder of this run
 * @throws as `RunFolder.create`, `RunFolder.open`, `resolveInputs` and `runStages`
 */
export async function runOne(
  folder: string,
  { config, pins }: Pick<RunPlan, "config" | "pins">,
  { resume, ...options }: RunPlansOptions,
): Promise<void> {
  const begun = resume && existsSync(join(folder, "run.json"));
  const run = begun ? await RunFolder.open(folder, config) : await RunFolder.create(folder, config);
  try {
    const { offline, signal } = options;
    const inputs = await resolveInputs(config, { ...run.record.hub, ...pins }, { offline, signal });
    await runStages(run, { ...options, inputs });
  } finally {
    await run.release();
  }
}

/**
 * Makes all runs, each in the folder of its plan's name; plans.json says from the beginning which
 * they are. A run that fails or is stopped ends it; those before it are whole.
 * @throws ConfigError when the folder holds something else, RunError while another process makes
 *   these runs; otherwise as `runOne`
 */
export async function runPlans(folder: string, list: PlanList, options: RunPlansOptions): Promise<void> {
  await begunPlans(folder, list, options.resume ?? false);
  const path = resolve(folder);
  await mkdir(path, { recursive: true });
  const lock = await lockFolder(path);
  try {
    // Runs below may be another process's.
    await removeTemporaries(path, { recursive: false });
    await writePlans(path, list);
    for (const [i, plan] of list.plans.entries()) {
      options.signal.throwIfAborted();
      options.observer.log(`${plan.title} (${i + 1} of ${list.plans.length}), in ${join(folder, plan.name)}`);
      await runOne(join(path, plan.name), plan, options);
    }
  } finally {
    await lock.release();
  }
}
