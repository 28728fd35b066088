/** Section: tuning by PPO. */

import type { RunData } from "../../results/read-run.js";
import type { TuneResults } from "../../results/results.js";
import { tuningCurve, tuningCurves } from "../figures/tuning-curves.js";
import { excludesZero, fixed, interval, sample } from "../format.js";
import { html } from "../html.js";
import { samePaperModel } from "../settings.js";
import { rewardTable, tuningSideEffectsTable } from "../tables/reward.js";
import { showTable } from "../tables/table.js";
import { samplesTable } from "../tables/texts.js";
import { figures, folded, notRun, type Section } from "./section.js";

/** The effect of the KL penalty, and whether KL has a plateau. */
function klSentences({
  scoreSpread,
  askedKlCoef,
  klCoef,
  klPerToken,
  klPerTokenBefore,
  plateau,
}: NonNullable<TuneResults["klDiagnosis"]>): string {
  const penalty =
    klCoef[0] === klCoef[1]
      ? `The KL penalty has the coefficient ${fixed(klCoef[0], 3)}`
      : `The KL penalty's coefficient went from ${fixed(klCoef[0], 3)} to ${fixed(klCoef[1], 3)}`;
  const asked = `rewards of the base model with a standard deviation of ${fixed(scoreSpread)} and the target of ppo.klTarget ask for ${fixed(askedKlCoef, 3)}`;
  const change = `KL per token was ${fixed(klPerTokenBefore, 3)} nats in the sixth of the batches before the last, ${fixed(klPerToken, 3)} in the last`;
  const rest = plateau
    ? "tuning has reached its plateau"
    : "tuning has not reached its plateau, so its result depends on when it stopped, and differs more between seeds";
  return `${penalty}; ${asked}. ${change}: ${rest}.`;
}

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
      tune?.klDiagnosis && html`<p>${klSentences(tune.klDiagnosis)}</p>`,
      tune && [showTable(rewardTable(tune, samePaperModel(run))), showTable(tuningSideEffectsTable(tune))],
      latest.length > 0 && showTable(samplesTable(latest, run.lexicon)),
      earlier.length > 0 &&
        folded(`Completions of earlier batches (${earlier.length})`, showTable(samplesTable(earlier, run.lexicon))),
    ],
  };
}
