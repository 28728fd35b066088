/** Presets that are run together, such as all models and rewards of the paper. */
import { join } from "node:path";
import { resolveConfig, type Setting } from "../../config/load-config.js";
import { presets } from "../../config/presets.js";
import { type ConfigIssue, FormatError } from "../../errors.js";
import { readJson, writeJson } from "../../io/atomic.js";
import type { PresetSetRecord } from "../../results/results.js";
import type { HubPins } from "../run/hub-inputs.js";
import { checkFolderOfRuns, runSeveral, type SeveralRunsOptions } from "./several-runs.js";

export interface PresetSet {
  summary: string;
  /** In the order of their runs. */
  presets: readonly string[];
}

export const presetSets: Readonly<Record<string, PresetSet>> = {
  paper: {
    summary: "all of the paper: its three models, and Pythia-70m on the classifier reward of Appendix F",
    presets: ["pythia-70m", "pythia-160m", "gpt-neo-125m", "pythia-70m-classifier"],
  },
};

/** What the folder of a set was begun with; undefined where nothing was. @throws FormatError when set.json is damaged */
async function readRecord(folder: string): Promise<PresetSetRecord | undefined> {
  const file = join(folder, "set.json");
  const record = (await readJson(file).catch((error: FormatError) => {
    if ((error.cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT") return undefined;
    throw error;
  })) as PresetSetRecord | undefined;
  if (record && !Array.isArray(record.runs)) throw new FormatError(file, "expected a list of runs");
  return record;
}

/**
 * The configurations of a set, each with the same settings changed by hand.
 * @param folder where a set that is resumed was begun: its configurations are gone on with
 * @throws ConfigError as `resolveConfig`
 */
export async function resolvePresetSet(
  set: string,
  settings: readonly (Setting | ConfigIssue)[],
  folder?: string,
): Promise<PresetSetRecord> {
  const begun = folder === undefined ? undefined : await readRecord(folder);
  const runs = presetSets[set].presets.map((preset) => {
    const input = begun?.runs.find((run) => run.preset === preset)?.config ?? presets[preset].input;
    return { preset, config: resolveConfig({ source: `preset ${preset}`, input }, settings) };
  });
  return { set, runs };
}

/** @throws ConfigError when the folder holds something else, or runs that `resumes` does not ask for */
export function checkPresetSetFolder(folder: string, set: string, resumes: boolean): Promise<void> {
  return checkFolderOfRuns(folder, `the runs of ${set}`, [...presetSets[set].presets, "set.json"], resumes);
}

/**
 * Runs the method once per preset in `folder/PRESET`, each an ordinary run folder with its own report. `folder/set.json`
 * says from the beginning what belongs to it.
 * @param pins by preset, commits of what comes from the Hub; default: those of the runs, what has none is found
 * @throws ConfigError when the folder holds something else; otherwise as `runStages`
 */
export async function runPresetSet(
  folder: string,
  record: PresetSetRecord,
  options: SeveralRunsOptions,
  pins: Readonly<Record<string, HubPins>> = {},
): Promise<void> {
  await checkPresetSetFolder(folder, record.set, options.resume ?? false);
  const named = record.runs.map(({ preset, config }) => ({
    name: preset,
    title: `Preset ${preset}`,
    config,
    pins: pins[preset],
  }));
  await runSeveral(folder, named, options, {
    begin: (path) => writeJson(join(path, "set.json"), record),
    finish: async () => undefined,
  });
}
