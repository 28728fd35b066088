/** Runs the stages of a run folder that are not up to date, one after the other, and keeps run.json true all the while. */
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ConfigError, InternalError, RewardscopeError, RunError } from "../../errors.js";
import { messageOf } from "../../io/atomic.js";
import { type Results, readResults } from "../../results/results.js";
import type { StageRecord } from "../../results/run-record.js";
import { Rng } from "../../rng.js";
import { checkModels } from "../inputs/check-models.js";
import { pinConfig, type RunInputs, resolveInputs } from "./hub-inputs.js";
import type { RunObserver } from "./observer.js";
import { type PlannedStage, planStages } from "./plan.js";
import type { RunFolder } from "./run-folder.js";
import { hashInputs, readVersions } from "./run-origin.js";
import { pendingStage } from "./run-record.js";
import {
  applicableStages,
  checkStageName,
  followers,
  type Stage,
  type StageContext,
  scratchFolder,
  sectionOf,
  streamsOf,
} from "./stage.js";

export interface RunOptions {
  /** All stages, in order. */
  stages: readonly Stage[];
  observer: RunObserver;
  /** Aborting it stops the run; the stage at work goes on from there when the run is taken up again. */
  signal: AbortSignal;
  clock: () => Date;
  /** Run this stage alone; those it needs must be up to date. */
  only?: string;
  /** Run this stage again, and all that follow unless `only` is given. */
  force?: string;
  /**
   * The folder's configuration with what it names on the Hub. Default: the run's own commits; what
   * has none is found.
   */
  inputs?: RunInputs;
  /**
   * Make no request to the Hub for inputs that are not given. Default: what HF_HUB_OFFLINE says,
   * no.
   */
  offline?: boolean;
}

/**
 * Runs what is not up to date under the folder's configuration. Failing or stopped, it leaves a folder that can be taken up again.
 * @throws ConfigError for an unknown stage, or one whose needs are not met; models or texts that are not on the Hub; as `checkModels`
 * @throws the stage's error, as a RunError unless it is one of ours; the signal's reason when stopped
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
  const plan = planStages({ config, stages, folder: folder.path, record, inputs, force });
  record.stages = Object.fromEntries(applicable.map(({ name }) => [name, record.stages[name] ?? pendingStage]));
  if (only !== undefined) checkNeeds(plan, only, folder.path);
  const toRun = plan.filter(({ stage, reason }) => reason !== undefined && stage.name === (only ?? stage.name));
  if (toRun.some(({ stage }) => stage.readsInputs ?? true)) {
    await download(observer);
    for (const line of await checkModels(pinConfig(config, record.hub), config)) observer.log(line);
  }
  await folder.save();
  for (const [index, planned] of plan.entries()) {
    if (only !== undefined && planned.stage.name !== only) continue;
    signal.throwIfAborted();
    if (planned.reason === undefined) observer.stageEnds(planned.stage, "upToDate", 0);
    else await runStage(folder, planned, index + 1, applicable, options);
  }
}

/** @throws ConfigError when a stage that `only` needs is not up to date */
function checkNeeds(plan: readonly PlannedStage[], only: string, folder: string): void {
  const needs = plan.find(({ stage }) => stage.name === only)?.stage.needs ?? [];
  const issues = plan
    .filter(({ stage, reason }) => needs.includes(stage.name) && reason !== undefined)
    .map(({ stage, reason }) => ({
      path: stage.name,
      expected: `up to date (rewardscope run --resume --out ${folder} runs all that is not)`,
      received: String(reason),
    }));
  if (issues.length > 0) throw new ConfigError(`rewardscope ${only}`, issues);
}

/** The stages' sections of results.json, which say nothing any more; undefined takes them out. */
const cleared = (stages: readonly Stage[]): Results =>
  Object.fromEntries(stages.map((stage) => [sectionOf(stage), undefined]));

/**
 * Empties what an earlier version of a stage left, and what followed from it: labels of an earlier
 * explanation must not be joined with a later one.
 */
async function clear(folder: RunFolder, stage: Stage, scratch: string, later: readonly Stage[]): Promise<void> {
  const outdated = [stage, ...later];
  for (const { name } of outdated) folder.record.stages[name] = pendingStage;
  await folder.save();
  await folder.writeResults(cleared(outdated));
  const outputs = outdated.flatMap((one) => one.outputs.map((output) => join(folder.path, output)));
  for (const path of [scratch, ...outputs]) await rm(path, { recursive: true, force: true });
}

/** Moves outputs that were written in scratch to their places. @throws InternalError when the stage made less than it promised */
async function publish(folder: RunFolder, stage: Stage, scratch: string): Promise<void> {
  for (const output of stage.outputs) {
    const [from, to] = [join(scratch, output), join(folder.path, output)];
    if (existsSync(from)) {
      await rm(to, { recursive: true, force: true });
      await mkdir(dirname(to), { recursive: true });
      await rename(from, to);
    }
    if (!existsSync(to)) throw new InternalError(`stage ${stage.name} did not write ${output}`);
  }
}

async function runStage(
  folder: RunFolder,
  { stage, continues, settings, inputs }: PlannedStage,
  position: number,
  stages: readonly Stage[],
  { observer, signal, clock }: RunOptions,
): Promise<void> {
  const scratch = scratchFolder(folder.path, stage);
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
  const progress = observer.stageStarts(stage, position, stages.length);
  try {
    await stage.run(await contextOf(folder, stage, scratch, { progress, signal, log: observer.log.bind(observer) }));
    await publish(folder, stage, scratch);
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
  await write({ ...ended, status: "done" });
  observer.stageEnds(stage, "done", ended.seconds);
  await rm(scratch, { recursive: true, force: true });
}

async function contextOf(
  folder: RunFolder,
  stage: Stage,
  scratch: string,
  outside: Pick<StageContext, "progress" | "signal" | "log">,
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
    },
  };
}
