/** Makes several runs in sequence, each in its own folder within a common one. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Config } from "../../config/config.js";
import { ConfigError } from "../../errors.js";
import { removeTemporaries } from "../../io/atomic.js";
import { preflight, type RunToCheck } from "../preflight/preflight.js";
import { resolveInputs } from "../run/hub-inputs.js";
import { begunRecord, planRun } from "../run/plan-run.js";
import { checkFree, RunFolder } from "../run/run-folder.js";
import { lockFolder } from "../run/run-lock.js";
import { checkNeeds, type RunOptions, runStages } from "../run/runner.js";
import { checkStageName } from "../run/stage.js";
import { inWords, type PlanList, type RunPlan, type Sweep } from "./plans.js";
import { readPlans, writePlans } from "./plans-file.js";

/** Options of `runStages`, for several runs. */
export type RunPlansOptions = Omit<RunOptions, "only" | "inputs"> & {
  /**
   * Continue runs in the folder; stages that are up to date do not run again. Default: the folder
   * must be new or empty.
   */
  resume?: boolean;
};

/**
 * Checks whether several runs can begin or continue in a folder.
 * @param resumes whether the folder may contain such runs already
 * @returns the plans of runs that are continued
 * @throws ConfigError when the folder has other content; FormatError as `readPlans`
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
  if (begun && !resumes) refuse("a new or empty folder, or --resume to continue the runs in it", inWords(begun));
  if (begun && inWords(begun) !== wanted) refuse(`a folder for ${wanted}`, inWords(begun));
  if (!resumes) await checkFree(folder);
  return begun;
}

/** Options of one run of all stages, or of one stage alone. */
type OneRunOptions = RunPlansOptions & Pick<RunOptions, "only">;

/** A plan with its folder. */
interface PlacedPlan extends Pick<RunPlan, "name" | "config" | "pins"> {
  readonly folder: string;
}

/**
 * Downloads the inputs of all runs and checks their requirements before any of them begins or
 * continues.
 * @throws as `preflight`, `begunRecord` and `resolveInputs`
 */
async function prepare(plans: readonly PlacedPlan[], options: OneRunOptions): Promise<void> {
  const { stages, observer, signal, resume, force, offline, only } = options;
  const runs: RunToCheck[] = [];
  for (const { name, folder, config, pins: planned } of plans) {
    const record = await begunRecord(folder, resume);
    const known = { ...record?.hub, ...planned };
    const { pins, download } = await resolveInputs(config, known, { offline, signal });
    const plan = await planRun(folder, { config, pins, record }, { stages, force, only });
    if (only !== undefined) checkNeeds(plan, only, folder);
    const toRun = plan
      .filter(({ stage, reason }) => reason !== undefined && stage.name === (only ?? stage.name))
      .map(({ stage }) => stage);
    if (toRun.some(({ readsInputs = true }) => readsInputs)) await download(observer);
    runs.push({ name, folder, config, pins, stages: toRun });
  }
  const command = `rewardscope ${only ?? "run"}`;
  await preflight(runs, { command, signal, log: observer.log.bind(observer) });
}

/**
 * Makes or continues one run. It is independent of the other runs: each may be made on another
 * machine, in a folder with the plan's name, and be moved to the common folder for `collect`.
 * @param folder of this run
 * @throws ConfigError with all problems of inputs and settings that can be found before the first
 *   stage; nothing is written then. Otherwise as `RunFolder.create`, `RunFolder.open`,
 *   `resolveInputs` and `runStages`
 */
export async function runOne(
  folder: string,
  plan: Pick<RunPlan, "config" | "pins">,
  options: RunPlansOptions,
): Promise<void> {
  await prepare([{ name: folder, folder, ...plan }], options);
  await makeRun(folder, plan, options);
}

/**
 * Runs one stage of a run that has begun, unless it is up to date.
 * @param config of the run, perhaps with changed settings
 * @throws ConfigError when a stage that it needs is not up to date; otherwise as `runOne`, of this
 *   stage alone
 */
export async function runOnly(
  folder: string,
  only: string,
  config: Config,
  options: Omit<RunPlansOptions, "resume">,
): Promise<void> {
  checkStageName(options.stages, config, only);
  const plan = { config, pins: {} };
  const ofStage = { ...options, only, resume: true };
  await prepare([{ name: folder, folder, ...plan }], ofStage);
  await makeRun(folder, plan, ofStage);
}

async function makeRun(
  folder: string,
  { config, pins }: Pick<RunPlan, "config" | "pins">,
  { resume, ...options }: OneRunOptions,
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
 * Makes all runs, each in the folder with its plan's name; plans.json is written first. When a run
 * fails or is stopped, the following ones are not made; those before it are complete.
 * @throws ConfigError when the folder has other content, RunError while another process makes these
 *   runs; otherwise as `runOne`
 */
export async function runPlans(folder: string, list: PlanList, options: RunPlansOptions): Promise<void> {
  await begunPlans(folder, list, options.resume ?? false);
  const path = resolve(folder);
  await prepare(
    list.plans.map((plan) => ({ ...plan, folder: join(path, plan.name) })),
    options,
  );
  await mkdir(path, { recursive: true });
  const lock = await lockFolder(path);
  try {
    // Folders below may belong to another process.
    await removeTemporaries(path, { recursive: false });
    await writePlans(path, list);
    for (const [i, plan] of list.plans.entries()) {
      options.signal.throwIfAborted();
      options.observer.log(`${plan.title} (${i + 1} of ${list.plans.length}), in ${join(folder, plan.name)}`);
      await makeRun(join(path, plan.name), plan, options);
    }
  } finally {
    await lock.release();
  }
}
