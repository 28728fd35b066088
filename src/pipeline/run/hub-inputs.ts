/** Inputs of a run that are ids on the Hub: the commit that each is, kept for the whole run, and their files in the cache. */

import { z } from "zod";
import type { Config } from "../../config/config.js";
import {
  type ConfigSource,
  draftConfig,
  finishConfig,
  hubRepository,
  inputPaths,
  put,
  type Setting,
} from "../../config/load-config.js";
import { ConfigError, type ConfigIssue, FormatError } from "../../errors.js";
import { type FileChoice, fetchSnapshot, type HubOptions, openSnapshot, type Snapshot } from "../../io/hub/hub.js";
import { formatHubId, type HubRepository } from "../../io/hub/id.js";
import { chooseModelFiles } from "../../model/model-files.js";
import { show, valueAt } from "../../settings/issues.js";
import { chooseCorpusFiles } from "../../text/corpus-files.js";
import { downloadProgress, type RunObserver } from "./observer.js";

/**
 * What each id on the Hub was when the run began, by its setting, e.g. `model.name`. `sha` is the
 * commit in hex.
 */
export const hubPinsSchema = z.record(
  z.string(),
  z.object({ id: z.string(), revision: z.string(), sha: z.string() }).readonly(),
);

export type HubPins = Readonly<z.output<typeof hubPinsSchema>>;
export type HubPin = HubPins[string];

/** A setting that holds an id on the Hub. */
interface HubInput {
  setting: string;
  repository: HubRepository;
}

/** The settings of a configuration that hold ids on the Hub. */
function hubInputs(config: Config): HubInput[] {
  return Object.entries(inputPaths(config)).flatMap(([setting, value]) => {
    const repository = hubRepository(setting, value);
    return repository ? [{ setting, repository }] : [];
  });
}

/** Which files of an input's repository the run reads. The tokenizer of the model before tuning serves both. */
function filesOf(setting: string, { splits }: Config["corpus"]): (paths: readonly string[]) => FileChoice {
  if (setting === "corpus.source") return chooseCorpusFiles([...new Set([splits.tune, splits.rest])]);
  if (setting === "model.tuned") return chooseModelFiles(["weights"]);
  return chooseModelFiles(["weights", "tokenizer"], { adapters: false });
}

/** The pin of an input, if it was pinned under the same name. */
function pinOf({ setting, repository }: HubInput, pins: HubPins): HubPin | undefined {
  const pin = pins[setting];
  return pin?.id === repository.id && pin.revision === repository.revision ? pin : undefined;
}

/** Of some pins those that still stand for what the configuration names. */
function pinsThatApply(config: Config, pins: HubPins): HubPins {
  return Object.fromEntries(
    hubInputs(config).flatMap((input) => {
      const pin = pinOf(input, pins);
      return pin ? [[input.setting, pin]] : [];
    }),
  );
}

/** Whether the commit of every id on the Hub is known. */
function isPinned(config: Config, pins: HubPins): boolean {
  return hubInputs(config).every((input) => pinOf(input, pins) !== undefined);
}

/**
 * A configuration and what it names on the Hub: resolved once, then handed to whoever plans,
 * downloads or runs.
 */
export interface RunInputs {
  readonly config: Config;
  /** Of every id on the Hub, or while there are issues of those that are known. */
  readonly pins: HubPins;
  /** Inputs that are not there. */
  readonly issues: readonly ConfigIssue[];
  /**
   * Downloads what the cache lacks.
   * @throws ConfigError with all issues; otherwise as `fetchSnapshot`
   */
  download(observer: RunObserver): Promise<void>;
}

/**
 * Finds the commit of each id on the Hub and what the cache lacks of it. Downloads no file;
 * offline, only the cache is asked.
 * @param known commits of an earlier part of the run, which stay
 * @throws RunError when the Hub cannot be reached
 */
export async function findInputs(config: Config, known: HubPins, options: HubOptions): Promise<RunInputs> {
  const pins: Record<string, HubPin> = { ...pinsThatApply(config, known) };
  const snapshots: Snapshot[] = [];
  const issues: ConfigIssue[] = [];
  for (const input of hubInputs(config)) {
    const { id, revision } = input.repository;
    const at = { ...input.repository, revision: pins[input.setting]?.sha ?? revision };
    try {
      const snapshot = await openSnapshot(at, filesOf(input.setting, config.corpus), options);
      snapshots.push(snapshot);
      pins[input.setting] = { id, revision, sha: snapshot.commit };
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      const expected = `a ${input.repository.type === "model" ? "model" : "data set"} on the Hub, or a folder`;
      const name = formatHubId(input.repository);
      issues.push({
        path: input.setting,
        expected,
        received: `${show(name)}: ${error.message.replace(/^[^:]+: /, "")}`,
      });
    }
  }
  const download = async (observer: RunObserver) => {
    refuse(issues);
    for (const snapshot of snapshots) await fetchShown(snapshot, observer, options);
  };
  return { config, pins, issues, download };
}

function refuse(issues: readonly ConfigIssue[]): void {
  if (issues.length > 0) throw new ConfigError("rewardscope", issues);
}

async function fetchShown(snapshot: Snapshot, observer: RunObserver, options: HubOptions): Promise<void> {
  const download = downloadProgress(observer, `downloading ${formatHubId(snapshot.repository)}`);
  try {
    await fetchSnapshot(snapshot, { ...options, onProgress: download.onProgress });
  } finally {
    download.end();
  }
}

/**
 * The inputs of a run that may have begun. Where all commits are known, the cache and the Hub are
 * asked by `download` alone: a stage that reads neither model nor texts can then run where they are
 * not.
 * @param known commits of an earlier part of the run, which stay
 * @throws ConfigError with all inputs that are not there; RunError when the Hub cannot be reached
 */
export async function resolveInputs(config: Config, known: HubPins, options: HubOptions): Promise<RunInputs> {
  const pins = pinsThatApply(config, known);
  if (isPinned(config, pins)) {
    const download = async (observer: RunObserver) => (await findInputs(config, pins, options)).download(observer);
    return { config, pins, issues: [], download };
  }
  const found = await findInputs(config, known, options);
  refuse(found.issues);
  return found;
}

/**
 * The configuration of a source as `resolveConfig` gives it, with what it names on the Hub found: one list of all problems.
 * @throws ConfigError, or FormatError when the lexicon is none; RunError when nothing else is wrong and the Hub cannot be reached
 */
export async function resolveConfigAndInputs(
  from: ConfigSource,
  settings: readonly (Setting | ConfigIssue)[],
  known: HubPins,
  options: HubOptions,
): Promise<RunInputs> {
  const { config, issues } = draftConfig(from, settings);
  const found = await findInputs(config, known, options).catch((error): RunInputs => {
    if (issues.length === 0 || options.signal?.aborted) throw error;
    return { config, pins: {}, issues: [], download: async () => undefined };
  });
  return { ...found, config: finishConfig(from.source, { config, issues: [...issues, ...found.issues] }) };
}

/**
 * The configuration with each id on the Hub at its commit (`owner/name@commit`): what stages work with, the same on every
 * machine and whatever a branch becomes meanwhile.
 * @throws ConfigError when an id has no pin
 */
export function pinConfig(config: Config, pins: HubPins): Config {
  let result: unknown = config;
  for (const { setting, repository } of hubInputs(config)) {
    const pin = pins[setting];
    if (!pin) {
      const received = `${show(valueAt(config, setting.split(".")))}, of which no commit is known`;
      throw new ConfigError("rewardscope", [
        { path: setting, expected: "an id on the Hub at a known commit", received },
      ]);
    }
    result = put(result, setting.split("."), `${repository.id}@${pin.sha}`);
  }
  return result as Config;
}
