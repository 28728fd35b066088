/** The interface of a stage and of its context. */
import { join } from "node:path";
import type { Config } from "../../config/config.js";
import { ConfigError, InternalError } from "../../errors.js";
import type { Results } from "../../results/results.js";
import type { Rng } from "../../rng.js";
import { nearest } from "../../settings/nearest.js";
import type { SeriesTracker } from "../../tracking/tracker.js";
import type { Progress } from "./progress.js";
import type { Requirements } from "./requirements.js";
import type { Work, WorkSizes } from "./work.js";

/**
 * One step of the method: reads plain files of the run folder, writes plain files there, and has no
 * other effects.
 */
export interface Stage {
  /** Name in commands and run.json. */
  readonly name: string;
  /** Its section of results.json; default: its name. Stages may share one. */
  readonly section?: keyof Results;
  /** Name of its random streams; default: its section. */
  readonly streams?: string;
  /** A few words for a progress bar. */
  readonly title: string;
  /** Stages whose files or results this one reads. */
  readonly needs: readonly string[];
  /**
   * Whether it has work under a configuration; default yes. Other stages can run without one that
   * has none.
   */
  applies?(config: Config): boolean;
  /**
   * Whether it reads a model or the corpus; default yes. One that does not can run without them.
   */
  readonly readsInputs?: boolean;
  /**
   * The settings that its outputs depend on. It runs again when they change, or a file that they
   * name. The seed is always included.
   */
  settings(config: Config): unknown;
  /**
   * Files and folders of the run folder that it owns, with `/`. Missing ones after `run` are an
   * error.
   */
  readonly outputs: readonly string[];
  /** Its amount of work, for an estimate of its time; absent if it takes only a moment. */
  work?(config: Config, sizes: WorkSizes): Work;
  /**
   * What it needs of models, texts, reward and disk, checked before the first stage; absent if
   * nothing.
   */
  requires?(config: Config): Requirements;
  /**
   * Does the work. It may be stopped at any time and called again with the same settings: then
   * `scratch` and outputs in place are as it left them; otherwise both are empty.
   */
  run(context: StageContext): Promise<void>;
}

/** What a stage may use besides imported modules. */
export interface StageContext {
  /** With the commits of models and texts from the Hub, which are in the cache. */
  readonly config: Config;
  /** The run folder, absolute. */
  readonly folder: string;
  /**
   * A folder for checkpoints and unfinished outputs, absolute, kept until the stage is done. An
   * output written here under its own name (`join(scratch, "tuned")`) is moved to the run folder
   * when `run` returns.
   */
  readonly scratch: string;
  /** The stage's random stream with this name; the same name returns the same stream again. */
  rng(name: string): Rng;
  readonly progress: Progress;
  /** Aborted when the user stops the run. */
  readonly signal: AbortSignal;
  /** Logs one line. */
  log(line: string): void;
  /**
   * Begins to track curves where the configuration asks for it; otherwise they are ignored.
   * @param series their name, unique in the run
   * @param after the last step that was made before the run was stopped; 0 at the beginning
   */
  track(series: string, after: number): SeriesTracker;
  /** Results of earlier stages. */
  readonly results: Results;
  /**
   * Writes the stage's section of results.json, atomically.
   * @throws InternalError for another section
   */
  writeResults<Name extends keyof Results>(name: Name, section: NonNullable<Results[Name]>): Promise<void>;
}

/** The folder of a stage's unfinished files, in a run folder. */
export const scratchFolder = (folder: string, { name }: Pick<Stage, "name">): string =>
  join(folder, `.scratch-${name}`);

/** The section of results.json that a stage writes. */
export const sectionOf = ({ name, section = name as keyof Results }: Stage): string => section;

/** The name of a stage's random streams. */
export const streamsOf = (stage: Stage): string => stage.streams ?? sectionOf(stage);

/**
 * The stages that have work under a configuration, in order, with needs among themselves only.
 * @throws InternalError when two have one name or one needs a stage that does not come before it
 */
export function applicableStages(stages: readonly Stage[], config: Config): Stage[] {
  const seen = new Set<string>();
  for (const { name, needs } of stages) {
    const missing = needs.find((need) => !seen.has(need));
    if (missing !== undefined) throw new InternalError(`stage ${name} needs ${missing}, which does not come before it`);
    if (seen.has(name)) throw new InternalError(`two stages are called ${name}`);
    seen.add(name);
  }
  const kept = stages.filter((stage) => stage.applies?.(config) ?? true);
  const names = new Set(kept.map(({ name }) => name));
  return kept.map((stage) => ({ ...stage, needs: stage.needs.filter((need) => names.has(need)) }));
}

/** Names of the stages that need `name`, directly or through others, in order. */
export function followers(stages: readonly Stage[], name: string): string[] {
  const found = new Set([name]);
  for (const stage of stages) if (stage.needs.some((need) => found.has(need))) found.add(stage.name);
  found.delete(name);
  return [...found];
}

/** Names of the stages that `name` needs, directly or through others, in order. */
export function ancestors(stages: readonly Stage[], name: string): string[] {
  const found = new Set([name]);
  for (const stage of [...stages].reverse()) if (found.has(stage.name)) for (const need of stage.needs) found.add(need);
  found.delete(name);
  return stages.flatMap((stage) => (found.has(stage.name) ? [stage.name] : []));
}

/** A stage that runs alone and all that it needs; undefined if all stages run. */
export function readBy(stages: readonly Stage[], only: string | undefined): string[] | undefined {
  return only === undefined ? undefined : [...ancestors(stages, only), only];
}

/** @throws ConfigError for an unknown stage, or one that does not apply to this configuration */
export function checkStageName(stages: readonly Stage[], config: Config, name: string | undefined): void {
  const known = applicableStages(stages, config).map((stage) => stage.name);
  if (name === undefined || known.includes(name)) return;
  const leftOut = stages.some((stage) => stage.name === name);
  const expected = `a stage${leftOut ? " that this configuration has" : ""}: ${known.join(", ")}`;
  throw new ConfigError("rewardscope", [{ path: "stage", expected, received: name, nearest: nearest(name, known) }]);
}
