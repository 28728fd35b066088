/** Section: ablation and frequency of the labelled features. */

import type { RunData } from "../../results/read-run.js";
import { controlsOf } from "../ablation-controls.js";
import { ablationEffectFigure, ablationRewardFigure } from "../figures/ablation.js";
import { frequencyFigure } from "../figures/frequency.js";
import { interval, percentInterval, sample } from "../format.js";
import { html } from "../html.js";
import { samePaperModel } from "../settings.js";
import { showTable } from "../tables/table.js";
import { ablationTable, controlNames, frequencyTable, singleFeatureTable } from "../tables/validation.js";
import { figures, notRun, type Section } from "./section.js";

export function validationSection(run: RunData): Section {
  const { ablate, frequency } = run.results;
  const same = samePaperModel(run);
  const active = frequency?.models.find(({ model }) => model === "tuned");
  const single = ablate && singleFeatureTable(ablate);
  const anything = ablate?.related.some(({ features }) => features.length > 0);
  return {
    id: "validation",
    title: "Validation",
    lead: [
      ablate &&
        (anything
          ? html`Ablating the labelled features changes the mean reward by <b>${interval(ablate.effect)}</b> over ${sample(ablate.effect)}. ${controlsOf(ablate, controlNames).map(({ name, control }, i) => html`${i === 0 ? "The same number of control features changes it by " : ", "}${interval(control.meanEffect)} for ${name}`)}. `
          : "No feature was labelled as related to the reward, so nothing was ablated. "),
      active &&
        active.related.n > 0 &&
        html`Where the probe R predicts a high reward, labelled features are active at ${percentInterval(active.related)} of the positions, and the average feature at ${percentInterval(active.average)}.`,
    ],
    body: [
      html`<h3>Ablation</h3>`,
      ablate
        ? [
            figures(ablationRewardFigure(ablate), ablationEffectFigure(ablate)),
            showTable(ablationTable(ablate, same)),
            single && showTable(single),
          ]
        : notRun(run, "ablate"),
      html`<h3>Frequency of activation</h3>`,
      frequency
        ? [figures(frequencyFigure(frequency)), showTable(frequencyTable(frequency, same))]
        : notRun(run, "frequency"),
    ],
  };
}
