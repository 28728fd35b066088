/** Section: the learned reward by the probe R, a linear model of feature activations. */

import type { RunData } from "../../results/read-run.js";
import { deltaDistributionFigure } from "../figures/delta-distributions.js";
import { lexiconScatterFigure } from "../figures/lexicon-scatter.js";
import { excludesZero, interval, percentInterval, sample } from "../format.js";
import { html } from "../html.js";
import { samePaperModel } from "../settings.js";
import { kendallOf, kendallTable, logRatioProbeTable, polarityTable, probeTable } from "../tables/kendall.js";
import { showTable } from "../tables/table.js";
import { triplesCountsTable, triplesTable } from "../tables/texts.js";
import { misplacedWordsTable, sixWordsTable, thirtyWordsTable } from "../tables/words.js";
import { figures, folded, notRun, type Section } from "./section.js";

export function learnedRewardSection(run: RunData): Section {
  const { probe, triples } = run.results;
  const same = samePaperModel(run);
  const tau = probe && kendallOf(probe, "tuned", "all")?.tau;
  const difference = probe?.tauDifference.find(({ estimator }) => estimator === "leastSquares")?.difference;
  const signs = probe?.models.find(({ model }) => model === "tuned")?.signAgreement;
  const logRatios = probe && logRatioProbeTable(probe);
  return {
    id: "learned-reward",
    title: "Learned reward",
    lead:
      tau &&
      html`The lexicon that the probe rebuilds from the tuned model's feature activations has a Kendall's tau of <b>${interval(tau, 3)}</b> with the given lexicon (${sample(tau)}, least squares); ${percentInterval(signs)} of the words have the right sign. ${difference && html`The difference from the base model's tau is ${interval(difference, 3)}${excludesZero(difference) ? "" : ", not significantly different from 0"}.`}`,
    body: [
      triples
        ? [
            showTable(triplesCountsTable(triples)),
            triples.samples.length > 0 && folded("Some of the triples", showTable(triplesTable(triples))),
          ]
        : notRun(run, "triples"),
      run.deltas.length > 0 &&
        figures(deltaDistributionFigure(run.deltas, "tuned"), deltaDistributionFigure(run.deltas, "base")),
      probe
        ? [
            figures(lexiconScatterFigure(run.lexicon, "tuned"), lexiconScatterFigure(run.lexicon, "base")),
            (["above", "below"] as const)
              .map((where) => misplacedWordsTable(run.lexicon, where))
              .map((table) => table && showTable(table)),
            showTable(kendallTable(probe, same)),
            showTable(polarityTable(probe, same)),
            showTable(probeTable(probe)),
            logRatios && showTable(logRatios),
            showTable(thirtyWordsTable(run.lexicon)),
            showTable(sixWordsTable(run.lexicon)),
          ]
        : notRun(run, "probe"),
    ],
  };
}
