/** Everything the page of a set of presets shows, read from their folder. */
import { join } from "node:path";
import { type PaperModel, paperModelOf } from "../../paper/published.js";
import { readSetRecord } from "../../results/preset-set.js";
import { type RunData, readRun } from "../../results/read-run.js";
import { rewardName, setting } from "../settings.js";

/** One run of the set, and what of the paper it stands beside. */
export interface SetRun {
  preset: string;
  run: RunData;
  /** "Pythia-70m", or the preset where the paper has no such model. */
  name: string;
  /** The paper's model, where the reward is that of its tables. */
  published?: PaperModel;
  /** Whether it is tuned on the classifier reward of Appendix F. */
  classifier: boolean;
  /** Its own report, from the page of the set. */
  href: string;
}

export interface SetData {
  set: string;
  runs: readonly SetRun[];
}

/**
 * Reads set.json and every run that it names.
 * @throws FormatError when one is missing or has another form than `runPresetSet` writes
 */
export async function readSet(folder: string): Promise<SetData> {
  const { set, runs } = await readSetRecord(folder);
  const read = runs.map(async ({ preset }) => setRun(preset, await readRun(join(folder, preset))));
  return { set, runs: await Promise.all(read) };
}

/** @param preset decides which of the paper's models it is, since `model.name` may be a folder */
export function setRun(preset: string, run: RunData): SetRun {
  const classifier = setting(run, "reward.name") === "classifier";
  const model = paperModelOf(preset.replace(/-classifier$/, ""));
  return {
    preset,
    run,
    name: `${model ?? preset}${classifier ? `, ${rewardName(run)}` : ""}`,
    ...(model && !classifier && { published: model }),
    classifier,
    href: `../${preset}/report/index.html`,
  };
}
