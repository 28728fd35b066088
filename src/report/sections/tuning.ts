/** Section: tuning by PPO. */

import type { RunData } from "../../results/read-run.js";
import { tuningCurve, tuningCurves } from "../figures/tuning-curves.js";
import { excludesZero, interval, sample } from "../format.js";
import { html } from "../html.js";
import { samePaperModel } from "../settings.js";
import { rewardTable, tuningSideEffectsTable } from "../tables/reward.js";
import { showTable } from "../tables/table.js";
import { samplesTable } from "../tables/texts.js";
import { figures, folded, notRun, type Section } from "./section.js";

export function tuningSection(run: RunData): Section {
  const { tune } = run.results;
  const last = Math.max(...run.samples.map(({ batch }) => batch));
  const latest = run.samples.filter(({ batch }) => batch === last);
  const earlier = run.samples.filter(({ batch }) => batch !== last);
  return {
    id: "tuning",
    title: "Tuning",
    lead:
      tune &&
      html`The mean reward of held-out completions is <b>${interval(tune.reward.tuned)}</b> for the tuned model and ${interval(tune.reward.base)} for the base model, a difference of ${interval(tune.reward.difference)} over ${sample(tune.reward.difference)}${!excludesZero(tune.reward.difference) && ", not significantly different from 0"}.`,
    body: [
      !tune && notRun(run, "tune", "evaluate"),
      run.metrics.length > 0 && figures(...tuningCurves.map((curve) => tuningCurve(run.metrics, curve))),
      tune && [showTable(rewardTable(tune, samePaperModel(run))), showTable(tuningSideEffectsTable(tune))],
      latest.length > 0 && showTable(samplesTable(latest, run.lexicon)),
      earlier.length > 0 &&
        folded(`Completions of earlier batches (${earlier.length})`, showTable(samplesTable(earlier, run.lexicon))),
    ],
  };
}
