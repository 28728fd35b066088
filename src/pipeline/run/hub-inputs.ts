/**
 * Inputs of a run on the Hub: their commits, which are kept for the whole run, and their files in
 * the cache.
 */

import { z } from "zod";
import type { Config } from "../../config/config.js";
import {
  type ConfigSource,
  draftConfig,
  finishConfig,
  hubRepository,
  inputPaths,
  isDictionarySetting,
  put,
  type Setting,
} from "../../config/load-config.js";
import { ConfigError, type ConfigIssue, FormatError } from "../../errors.js";
import { type FileChoice, fetchSnapshot, type HubOptions, openSnapshot, type Snapshot } from "../../io/hub/hub.js";
import { formatHubId, type HubRepository, parseHubFolder } from "../../io/hub/id.js";
import { chooseModelFiles } from "../../model/model-files.js";
import { chooseDictionaryFiles } from "../../sae/given/given-dictionary.js";
import { show, valueAt } from "../../settings/issues.js";
import { chooseCorpusFiles } from "../../text/corpus-files.js";
import { type RunObserver, transferProgress } from "./observer.js";

/**
 * The commit of each id on the Hub when the run began, by its setting, e.g. `model.name`. `sha` is
 * the commit in hex.
 */
export const hubPinsSchema = z.record(
  z.string(),
  z.object({ id: z.string(), revision: z.string(), sha: z.string() }).readonly(),
);

export type HubPins = Readonly<z.output<typeof hubPinsSchema>>;
export type HubPin = HubPins[string];

/** A setting whose value is an id on the Hub. */
interface HubInput {
  setting: string;
  repository: HubRepository;
  /** The folder in the repository that a dictionary is in; empty for other inputs. */
  folder: string;
}

/** The settings of a configuration with ids on the Hub. */
function hubInputs(config: Config): HubInput[] {
  return Object.entries(inputPaths(config)).flatMap(([setting, value]) => {
    const repository = hubRepository(setting, value);
    const folder = isDictionarySetting(setting) ? (parseHubFolder(value)?.folder ?? "") : "";
    return repository ? [{ setting, repository, folder }] : [];
  });
}

/**
 * The files that the run needs of an input's repository. The base model's tokenizer is used for
 * both models.
 */
function filesOf(
  { setting, folder }: HubInput,
  { corpus: { splits }, audit }: Config,
): (paths: readonly string[]) => FileChoice {
  if (isDictionarySetting(setting)) return chooseDictionaryFiles(folder);
  if (setting === "corpus.source") return chooseCorpusFiles([...new Set([splits.tune, splits.rest])]);
  if (setting === "audit.preferences") return chooseCorpusFiles([audit.preferenceSplit]);
  if (setting === "model.tuned") return chooseModelFiles(["weights", "template"]);
  return chooseModelFiles(["weights", "tokenizer"], { adapters: false });
}

/** The pin of an input, if it was pinned under the same name. */
function pinOf({ setting, repository }: HubInput, pins: HubPins): HubPin | undefined {
  const pin = pins[setting];
  return pin?.id === repository.id && pin.revision === repository.revision ? pin : undefined;
}

/** The pins that match the configuration's ids. */
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
 * A configuration and its inputs on the Hub: resolved once, then used for planning, downloads and
 * the run.
 */
export interface RunInputs {
  readonly config: Config;
  /** The commits of all ids on the Hub; of the known ones if there are issues. */
  readonly pins: HubPins;
  /** Issues of missing inputs. */
  readonly issues: readonly ConfigIssue[];
  /**
   * Downloads the files that are not in the cache.
   * @throws ConfigError with all issues; otherwise as `fetchSnapshot`
   */
  download(observer: RunObserver): Promise<void>;
}

/**
 * Finds the commit of each id on the Hub and the files that the cache lacks. Downloads no file;
 * offline, only the cache is read.
 * @param known commits of an earlier part of the run, which are kept
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
      const snapshot = await openSnapshot(at, filesOf(input, config), options);
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
  const download = transferProgress(observer, `downloading ${formatHubId(snapshot.repository)}`);
  try {
    await fetchSnapshot(snapshot, { ...options, onProgress: download.onProgress });
  } finally {
    download.end();
  }
}

/**
 * The inputs of a run that may have begun. If all commits are known, cache and Hub are accessed
 * only by `download`, so that stages that read neither model nor texts can run without them.
 * @param known commits of an earlier part of the run, which are kept
 * @throws ConfigError with all missing inputs; RunError when the Hub cannot be reached
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
 * Resolves a configuration as `resolveConfig`, and its inputs on the Hub; all problems are reported
 * together.
 * @throws ConfigError, or FormatError when the lexicon is invalid; RunError when there are no other
 *   problems and the Hub cannot be reached
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
 * The configuration with the commit of each id on the Hub (`owner/name@commit`), as used by stages:
 * independent of the machine and of later changes to a branch.
 * @throws ConfigError when an id has no pin
 */
export function pinConfig(config: Config, pins: HubPins): Config {
  let result: unknown = config;
  for (const { setting, repository, folder } of hubInputs(config)) {
    const pin = pins[setting];
    if (!pin) {
      const received = `${show(valueAt(config, setting.split(".")))}, of which no commit is known`;
      throw new ConfigError("rewardscope", [
        { path: setting, expected: "an id on the Hub at a known commit", received },
      ]);
    }
    const inRepository = folder === "" ? "" : `/${folder}`;
    result = put(result, setting.split("."), `${repository.id}@${pin.sha}${inRepository}`);
  }
  return result as Config;
}
