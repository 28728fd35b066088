/**
 * Runs the stages of a run folder that are not up to date, in sequence, and keeps run.json current.
 */
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { engineSettings } from "../../config/config.js";
import { ConfigError, InternalError, RewardscopeError, RunError } from "../../errors.js";
import { messageOf, renameSynced, syncAll } from "../../io/atomic.js";
import { type Damage, damageInWords, OutputChecks, refuseDamage } from "../../results/outputs.js";
import { hashSection, type Results, readResults, tidyResults } from "../../results/results.js";
import type { StageRecord } from "../../results/run-record.js";
import { Rng } from "../../rng.js";
import { configureSharedEngine } from "../../runtime/engine.js";
import type { Tracker } from "../../tracking/tracker.js";
import { checkModels } from "../inputs/check-models.js";
import { pinConfig, type RunInputs, resolveInputs } from "./hub-inputs.js";
import type { RunObserver } from "./observer.js";
import { type PlannedStage, planStages } from "./plan.js";
import { recordedProgress } from "./progress-file.js";
import type { RunFolder } from "./run-folder.js";
import { hashInputs, readVersions } from "./run-origin.js";
import { pendingStage } from "./run-record.js";
import {
  ancestors,
  applicableStages,
  checkStageName,
  followers,
  readBy,
  type Stage,
  type StageContext,
  scratchFolder,
  sectionOf,
  streamsOf,
} from "./stage.js";
import { trackRun } from "./track-run.js";

/** Stages, folder, observer and signal of a run. */
export interface RunOptions {
  /** All stages, in order. */
  stages: readonly Stage[];
  observer: RunObserver;
  /** Aborting it stops the run; the current stage continues from there when the run is resumed. */
  signal: AbortSignal;
  /** The time of day, for the times in run.json. */
  clock: () => Date;
  /** Run only this stage; those it needs must be up to date. */
  only?: string;
  /** Run this stage again, and all that follow unless `only` is given. */
  force?: string;
  /**
   * The folder's configuration with its inputs on the Hub. Default: the run's own commits; missing
   * ones are resolved.
   */
  inputs?: RunInputs;
  /**
   * Make no request to the Hub for inputs that are not given. Default: HF_HUB_OFFLINE, else false.
   */
  offline?: boolean;
}

/**
 * Runs the stages that are not up to date under the folder's configuration. After a failure or a
 * stop, the folder can be resumed. Outputs of done stages are compared with their hashes before
 * anything runs, and again before each stage that reads them.
 * @throws ConfigError for an unknown stage, or one whose needs are not met; for models or texts
 *   that are not on the Hub; as `checkModels`
 * @throws FormatError when an input of a stage changes during the run
 * @throws the stage's error, as a RunError unless it is an error of this package; the signal's
 *   reason when aborted
 */
export async function runStages(folder: RunFolder, options: RunOptions): Promise<void> {
  const { stages, observer, signal, only, force, offline } = options;
  const { record } = folder;
  const applicable = applicableStages(stages, record.config);
  for (const name of [only, force]) checkStageName(stages, record.config, name);
  record.versions = await readVersions();
  const { config } = record;
  const { pins, download } = options.inputs ?? (await resolveInputs(config, record.hub, { offline, signal }));
  record.hub = pins;
  const inputs = await hashInputs(config, pins);
  record.inputs = inputs;
  const checks = new OutputChecks(folder.path);
  const damage = await checks.damage(record.stages, { stages: readBy(applicable, only) });
  const plan = planStages({ config, stages, record, damage, inputs, force });
  // Of stages that the configuration has no longer. Their files stay: a model among them may be an input by now.
  const written = new Set(applicable.map(sectionOf));
  const dropped = stages.filter((stage) => stage.name in record.stages && !written.has(sectionOf(stage)));
  record.stages = Object.fromEntries(applicable.map(({ name }) => [name, record.stages[name] ?? pendingStage]));
  if (only !== undefined) checkNeeds(plan, only, folder.path);
  const toRun = plan.filter(({ stage, reason }) => reason !== undefined && stage.name === (only ?? stage.name));
  if (toRun.some(({ stage }) => stage.readsInputs ?? true)) {
    await download(observer);
    for (const line of await checkModels(pinConfig(config, record.hub), config)) observer.log(line);
  }
  await folder.save();
  if (dropped.length > 0) await folder.writeResults(cleared(dropped));
  if (toRun.length > 0) await configureSharedEngine(engineSettings(config), (line) => observer.log(line));
  tellOfDamage(toRun, damage, observer);
  if (only === undefined) {
    const tidied = await tidyResults(folder.path);
    if (tidied !== undefined) observer.log(tidied);
  }
  const about = { folder: folder.path, clock: options.clock, log: observer.log.bind(observer) };
  await trackRun(toRun.length > 0 ? config : undefined, about, signal, async (tracker) => {
    for (const [index, planned] of plan.entries()) {
      if (only !== undefined && planned.stage.name !== only) continue;
      signal.throwIfAborted();
      const running = { ...options, checks, tracker };
      if (planned.reason !== undefined) await runStage(folder, planned, index + 1, applicable, running);
      else {
        // A process that was killed right after the stage was done may have left it.
        await rm(scratchOf(folder, planned.stage), { recursive: true, force: true });
        observer.stageEnds(planned.stage, "upToDate", 0);
      }
    }
  });
}

const scratchOf = (folder: RunFolder, { name }: Stage): string => join(folder.path, `.scratch-${name}`);

/** Logs which stages run again because their outputs were changed, and which follow. */
function tellOfDamage(toRun: readonly PlannedStage[], damage: readonly Damage[], observer: RunObserver): void {
  if (damage.length === 0) return;
  for (const { stage } of toRun) {
    const own = damage.filter((one) => one.stage === stage.name);
    if (own.length > 0) observer.log(`${stage.name} runs again: ${damageInWords(own)}`);
  }
  const following = toRun.filter(({ follows }) => follows).map(({ stage }) => stage.name);
  if (following.length > 0) observer.log(`${following.join(", ")}: run again, since they follow`);
}

/**
 * @throws ConfigError when a stage that `only` needs is not up to date; names the stages that cause
 *   it
 */
export function checkNeeds(plan: readonly PlannedStage[], only: string, folder: string): void {
  const stages = plan.map(({ stage }) => stage);
  const direct = plan.find(({ stage }) => stage.name === only)?.stage.needs ?? [];
  const outdated = plan.filter(({ stage, reason }) => direct.includes(stage.name) && reason !== undefined);
  const causes = outdated.flatMap(({ stage }) => ancestors(stages, stage.name));
  const issues = plan
    .filter(
      (planned) =>
        outdated.includes(planned) || (causes.includes(planned.stage.name) && planned.reason && !planned.follows),
    )
    .map(({ stage, reason }) => ({
      path: stage.name,
      expected: `up to date (rewardscope run --resume --out ${folder} runs all that is not)`,
      received: String(reason),
    }));
  if (issues.length > 0) throw new ConfigError(`rewardscope ${only}`, issues);
}

/** The stages' sections of results.json as undefined, which removes them. */
const cleared = (stages: readonly Stage[]): Results =>
  Object.fromEntries(stages.map((stage) => [sectionOf(stage), undefined]));

/**
 * Removes outputs of an earlier version of a stage and of those that follow: labels of an earlier
 * explanation must not be combined with a later one.
 */
async function clear(folder: RunFolder, stage: Stage, scratch: string, later: readonly Stage[]): Promise<void> {
  const outdated = [stage, ...later];
  for (const { name } of outdated) folder.record.stages[name] = pendingStage;
  await folder.save();
  await folder.writeResults(cleared(outdated));
  const outputs = outdated.flatMap((one) => one.outputs.map((output) => join(folder.path, output)));
  for (const path of [scratch, ...outputs]) await rm(path, { recursive: true, force: true });
}

/**
 * Moves outputs from scratch to their places.
 * @throws InternalError when a declared output is missing
 */
async function publish(folder: RunFolder, stage: Stage, scratch: string): Promise<void> {
  for (const output of stage.outputs) {
    const [from, to] = [join(scratch, output), join(folder.path, output)];
    if (existsSync(from)) {
      await syncAll(from);
      await rm(to, { recursive: true, force: true });
      await mkdir(dirname(to), { recursive: true });
      await renameSynced(from, to);
    }
    if (!existsSync(to)) throw new InternalError(`stage ${stage.name} did not write ${output}`);
  }
}

async function runStage(
  folder: RunFolder,
  { stage, continues, settings, inputs }: PlannedStage,
  position: number,
  stages: readonly Stage[],
  { observer, signal, clock, checks, tracker }: RunOptions & { checks: OutputChecks; tracker: Tracker },
): Promise<void> {
  const scratch = scratchFolder(folder.path, stage);
  const needed = ancestors(stages, stage.name);
  refuseDamage(folder.path, await checks.damage(folder.record.stages, { stages: needed }));
  const following = followers(stages, stage.name);
  const later = stages.filter(({ name }) => following.includes(name));
  if (!continues) await clear(folder, stage, scratch, later);
  await mkdir(scratch, { recursive: true });

  const begin = clock();
  const started: StageRecord = { status: "running", settings, inputs, startedAt: begin.toISOString() };
  const write = async (changes: Partial<StageRecord>) => {
    folder.record.stages[stage.name] = { ...started, ...changes };
    await folder.save();
  };
  const end = () => {
    const now = clock();
    return { endedAt: now.toISOString(), seconds: (now.getTime() - begin.getTime()) / 1000 };
  };

  await write({});
  const progress = recordedProgress(observer.stageStarts(stage, position, stages.length), scratch, clock);
  const sections: Record<string, string> = {};
  let outputs: StageRecord["outputs"];
  try {
    const track: StageContext["track"] = (name, after) => tracker.series({ name, after, continues });
    const outside = { progress, signal, track, log: observer.log.bind(observer) };
    await stage.run(await contextOf(folder, stage, scratch, outside, sections));
    await publish(folder, stage, scratch);
    const others = stages.flatMap((other) => (other.name === stage.name ? [] : other.outputs));
    outputs = await checks.describe(stage.outputs, others);
  } catch (error) {
    const ended = end();
    const status = signal.aborted ? "pending" : "failed";
    await write({ ...ended, status, ...(signal.aborted ? {} : { error: messageOf(error) }) });
    observer.stageEnds(stage, signal.aborted ? "stopped" : "failed", ended.seconds);
    signal.throwIfAborted();
    if (error instanceof RewardscopeError) throw error;
    throw new RunError(`stage ${stage.name} failed: ${messageOf(error)}`, { cause: error });
  }
  const ended = end();
  await write({ ...ended, status: "done", outputs, sections });
  observer.stageEnds(stage, "done", ended.seconds);
  await rm(scratch, { recursive: true, force: true });
}

/** @param sections receives the hashes of sections that the stage writes */
async function contextOf(
  folder: RunFolder,
  stage: Stage,
  scratch: string,
  outside: Pick<StageContext, "progress" | "signal" | "track" | "log">,
  sections: Record<string, string>,
): Promise<StageContext> {
  const config = pinConfig(folder.record.config, folder.record.hub);
  return {
    ...outside,
    config,
    folder: folder.path,
    scratch,
    rng: (name) => Rng.fromSeed(config.seed, streamsOf(stage), name),
    results: await readResults(folder.path),
    async writeResults(name, section) {
      if (name !== sectionOf(stage)) throw new InternalError(`stage ${stage.name} wrote the results of ${name}`);
      await folder.writeResults({ [name]: section });
      sections[name] = hashSection(section);
    },
  };
}
