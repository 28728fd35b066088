/** Section: the main findings over all seeds, the runs, and the meaning of the spread. */
import type { HeadlineMetric, HeadlineMetricId, SeedsResults } from "../../results/results.js";
import { secondsOfWork } from "../byline.js";
import { duration } from "../format.js";
import { type Content, type Html, html } from "../html.js";
import type { Section } from "../sections/section.js";
import { figures } from "../sections/section.js";
import { showTable, type Table } from "../tables/table.js";
import { carryRule, carryVerdict } from "./carry-verdict.js";
import { seedsFigure } from "./figure.js";
import type { SeedsData } from "./read-seeds.js";
import { agreement, clearOfZero, meanWithSpread, metricValue, range, verdict } from "./words.js";

export function overviewSection(data: SeedsData): Section {
  const { headlineMetrics, seeds } = data.results;
  return {
    id: "overview",
    title: "Overview",
    lead:
      headlineMetrics.length === 0
        ? "Nothing has been measured yet."
        : seeds.length > 1
          ? `The findings of ${seeds.length} runs with different seeds: mean ± standard deviation over seeds.`
          : "One seed has no spread: run again with --resume and more seeds.",
    body: [
      headlineMetrics.length > 0 && [
        html`<div class="findings three">${findings(data.results)}</div>`,
        figures(
          ...drawn.map(([id, title]) =>
            seedsFigure(
              title,
              headlineMetrics.find((metric) => metric.id === id),
              seeds,
            ),
          ),
        ),
        showTable(headlineTable(data.results)),
      ],
      html`<h3>The runs</h3>`,
      showTable(runsTable(data)),
      html`<h3>What depends on the seed</h3>`,
      html`<ul class="limits">${scope.map((line) => html`<li>${line}</li>`)}</ul>`,
    ],
  };
}

const drawn: readonly [HeadlineMetricId, string][] = [
  ["rewardGain", "Reward, tuned − base"],
  ["implicitRewardTauVisited", "Kendall tau, implicit reward"],
  ["carryLayers", "Given to base by attention and MLPs"],
  ["tauDifference", "Kendall tau, tuned − base"],
  ["ablationEffect", "Change of the reward by ablation"],
  ["frequencyRelated", "Labelled features, active at high R"],
];

const scope: readonly string[] = [
  "Different for each seed: lengths of queries and responses, all sampled completions, the value head's initial weights, dropout and the order of minibatches in tuning; initial weights and order of texts of every dictionary; permutations of the labels' tests; words of the triples; folds of the probe; control features of the ablation; resamples of every interval.",
  "The same in all runs: the model that is tuned (or both models of a given pair), the corpus and its parts, the lexicon, and all settings. A model that is pre-trained with another seed might give other results.",
  "The spread between seeds differs from the interval of a run. An interval estimates how a number varies with other prompts, words or texts for the same models; the spread shows how it varies when models and dictionaries are trained again on the same texts. Neither includes the other, and few seeds give only a rough standard deviation.",
];

const questions: readonly [
  question: string,
  id: HeadlineMetricId,
  against?: HeadlineMetricId,
  name?: string,
  verdict?: HeadlineMetricId,
][] = [
  ["Did tuning raise the reward?", "rewardTuned", "rewardBase", "base model", "rewardGain"],
  [
    "Do the models' own log-ratios of words agree with the given lexicon?",
    "implicitRewardTauVisited",
    "baseProbabilitiesTau",
    "the base model's probabilities",
  ],
  [
    "Do features carry what tuning changed?",
    "carryFeatures",
    "carryFeaturesControl",
    "features of equal size of change",
    "carryFeaturesAgainstControl",
  ],
  ["Does the rebuilt lexicon correlate with the given one?", "tauTuned", "tauBase", "base model", "tauDifference"],
  [
    "Does ablating the labelled features lower the reward?",
    "ablationEffect",
    "ablationRandom",
    "random features",
    "ablationAgainstRandom",
  ],
  [
    "Are the labelled features active where the probe predicts a high reward?",
    "frequencyRelated",
    "frequencyMatched",
    "same frequency",
    "frequencyAgainstMatched",
  ],
];

const rules: Partial<Record<HeadlineMetricId, (metrics: readonly HeadlineMetric[]) => string | undefined>> = {
  carryFeatures: carryVerdict,
};

function findings({ headlineMetrics }: SeedsResults): Html[] {
  const of = (id: HeadlineMetricId) => headlineMetrics.find((metric) => metric.id === id);
  return questions.flatMap(([question, id, against, name, comparison]) => {
    const [figure, control, difference] = [of(id), against && of(against), comparison && of(comparison)];
    if (!figure) return [];
    const byRule = rules[id]?.(headlineMetrics);
    const words =
      byRule ?? (difference && `${difference.name}: ${meanWithSpread(difference)}; ${verdict(difference)}.`);
    return [
      html`<article class="finding"><h3>${question}</h3>
<p class="value">${metricValue(figure, figure.mean)}</p><p class="range">${spreadInWords(figure)}</p><p class="against">${control && html`<span>against</span> ${name} ${meanWithSpread(control)}`}</p><p class="verdict">${words}</p></article>`,
    ];
  });
}

function spreadInWords(metric: HeadlineMetric): string {
  if (metric.standardDeviation === null) return "one seed";
  return `${meanWithSpread(metric).replace(/^.* ± /, "± ")}, ${range(metric)}, ${metric.n} seeds`;
}

function headlineTable({ headlineMetrics, seeds }: SeedsResults): Table {
  const cell = (metric: HeadlineMetric, i: number): Content => {
    const bounds = metric.intervals?.[i];
    const value = metricValue(metric, metric.values[i]);
    if (!bounds) return value;
    const [low, high] = bounds.map((bound) => metricValue(metric, bound));
    return html`${value} <span class="source">[${low}, ${high}]</span>`;
  };
  return {
    caption: "Headline metrics by seed",
    columns: [
      { label: "Metric", text: true },
      ...seeds.map((seed) => ({ label: `Seed ${seed}` })),
      { label: "Mean ± SD" },
      { label: "Minimum to maximum" },
      { label: "Sign", text: true },
      { label: "Interval excludes zero" },
    ],
    rows: headlineMetrics.map((metric) => ({
      source: "run",
      cells: [
        metric.name,
        ...seeds.map((_, i) => cell(metric, i)),
        meanWithSpread(metric),
        range(metric),
        agreement(metric),
        clearOfZero(metric),
      ],
    })),
    note: `SD: standard deviation between seeds (n − 1). Brackets: 95% interval of one run, over prompts, words or texts. High R: the probe's prediction is above 3, or in the top tenth if none exceeds 3. MMCS: mean over the layers that a run chose. ${carryRule}`,
  };
}

function runsTable({ results, runs }: SeedsData): Table {
  return {
    caption: "Runs",
    columns: [
      { label: "Seed", text: true },
      { label: "Report", text: true },
      { label: "Chosen layers", text: true },
      { label: "Time" },
    ],
    rows: runs.map((run, i) => ({
      source: "run",
      cells: [
        `Seed ${run.seed}`,
        html`<a href="../seed-${run.seed}/report/index.html">seed-${run.seed}/report</a>`,
        results.chosenLayers[i]?.join(", ") ?? "–",
        duration(secondsOfWork([run])),
      ],
    })),
  };
}
