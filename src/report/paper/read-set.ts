/** Reads everything that the page of a set of presets shows. */
import { join } from "node:path";
import { type PaperModel, paperModelOf } from "../../paper/published.js";
import { type RunData, readRun } from "../../results/read-run.js";
import type { SweepData } from "../read-sweep.js";
import { rewardName, setting } from "../settings.js";

/** One run of the set, and the paper's model and reward that it is compared with. */
export interface SetRun {
  preset: string;
  run: RunData;
  /** "Pythia-70m", or the preset's name if the paper has no such model. */
  name: string;
  /** The paper's model, if the reward is that of its tables. */
  published?: PaperModel;
  /** Whether it is tuned on the classifier reward of Appendix F. */
  classifier: boolean;
  /** The link from the page of the set to the run's report. */
  href: string;
}

/** The runs of a set of presets, as their common page shows them. */
export interface SetData {
  set: string;
  runs: readonly SetRun[];
}

/**
 * Reads every run of a set.
 * @throws FormatError when one is missing or has another form than runs write
 */
export async function readSet(
  folder: string,
  { set, plans }: Extract<SweepData, { kind: "presets" }>,
): Promise<SetData> {
  const runs = plans.map(async ({ name }) => setRun(name, await readRun(join(folder, name))));
  return { set, runs: await Promise.all(runs) };
}

/** @param preset determines the paper's model, since `model.name` may be a folder */
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
