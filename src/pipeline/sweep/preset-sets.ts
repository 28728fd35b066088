/** Presets that are run together, such as all models and rewards of the paper. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../config/config.js";
import { resolveConfig, type Setting } from "../../config/load-config.js";
import { presets } from "../../config/presets.js";
import type { ConfigIssue } from "../../errors.js";
import { readSetRecord, writeSetRecord } from "../../results/preset-set.js";
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

/** The content of set.json. */
export interface PresetSetRecord {
  set: string;
  /** In the order of their runs. */
  runs: { preset: string; config: Config }[];
}

/**
 * The configurations of a set, each with the same settings changed by hand.
 * @param folder where a set that is resumed was begun: its configurations are gone on with
 * @throws ConfigError as `resolveConfig`; FormatError when set.json is damaged
 */
export async function resolvePresetSet(
  set: string,
  settings: readonly (Setting | ConfigIssue)[],
  folder?: string,
): Promise<PresetSetRecord> {
  const isBegun = folder !== undefined && existsSync(join(folder, "set.json"));
  const begun = isBegun ? await readSetRecord(folder) : undefined;
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
    begin: (path) => writeSetRecord(path, record),
    finish: async () => undefined,
  });
}
