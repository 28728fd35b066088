/**
 * Tables: rank agreement of the rebuilt lexicon with the given one (paper, Tables 4 and 11), and
 * the probe R.
 */

import { type PaperModel, table4, table11 } from "../../paper/published.js";
import type { KendallResult, ProbeOfModel, ProbeResults } from "../../results/results.js";
import { fixed, interval, percentInterval, pValue, sample, significant, whole } from "../format.js";
import { controlHead, ownHead, publishedRows, type Row, type Table } from "./table.js";

type Words = ProbeOfModel["kendall"][number]["words"];
type Estimator = ProbeOfModel["kendall"][number]["estimator"];

const columns = [
  { label: "Model", text: true },
  { label: "Tau" },
  { label: "p" },
  { label: "Distance" },
  { label: "n" },
];

export const estimatorNames: Readonly<Record<Estimator, string>> = { leastSquares: "least squares", ridge: "ridge" };

const controlLabels: Readonly<Record<string, string>> = {
  signs: "Probe trained on signs only",
  shuffledSizes: "Probe trained on true signs with shuffled absolute values",
  shuffledWithinPolarity: "Probe trained on labels shuffled within polarity",
  rawActivations: "Probe of MLP outputs instead of feature activations",
};

/** The rank agreement of one model's lexicon, if it was computed. */
export function kendallOf(
  { models }: ProbeResults,
  model: ProbeOfModel["model"],
  words: Words,
  estimator: Estimator = "leastSquares",
): KendallResult | undefined {
  return models
    .find((entry) => entry.model === model)
    ?.kendall.find((entry) => entry.words === words && entry.estimator === estimator)?.result;
}

/** Tau, p, distance, n. */
export function agreementCells({ tau, pValue: p, distance }: KendallResult): string[] {
  return [interval(tau, 3), pValue(p), fixed(distance, 3), sample(tau)];
}

function ownRows(probe: ProbeResults, words: Words): Row[] {
  const suffix = words === "all" ? "" : `, ${words} words`;
  return (["tuned", "base"] as const).flatMap((model) =>
    (["leastSquares", "ridge"] as const).flatMap((estimator): Row[] => {
      const result = kendallOf(probe, model, words, estimator);
      if (!result) return [];
      const head = model === "tuned" ? ownHead : controlHead;
      const name = `${model === "tuned" ? "Tuned" : "Base"} model, ${estimatorNames[estimator]}${suffix}`;
      return [{ source: model === "tuned" ? "run" : "control", cells: [head(name), ...agreementCells(result)] }];
    }),
  );
}

/** Over all rebuilt words, with the difference between the models and control probes. */
export function kendallTable(probe: ProbeResults, same?: PaperModel): Table {
  return {
    caption: "Rank agreement of the rebuilt lexicon with the given one",
    paper: "Table 4",
    columns,
    rows: [
      ...publishedRows(same, (model) => [fixed(table4[model].tau, 3), pValue(table4[model].pValue), "–", "not given"]),
      ...ownRows(probe, "all"),
      ...probe.tauDifference.map(({ estimator, difference }) => ({
        source: "run" as const,
        cells: [
          ownHead(`Tuned − base, ${estimatorNames[estimator]}`),
          interval(difference, 3),
          "",
          "",
          sample(difference),
        ],
      })),
      ...probe.controls.map(({ labels, estimator, kendall }) => ({
        source: "control" as const,
        cells: [
          controlHead(`${controlLabels[labels] ?? labels}, ${estimatorNames[estimator]}`),
          ...agreementCells(kendall),
        ],
      })),
      ...(probe.tokenStrings ?? []).map(({ model, tau, pValue: p }) => ({
        source: "control" as const,
        cells: [
          controlHead(`${model === "tuned" ? "Tuned" : "Base"} model, words as strings (as published)`),
          fixed(tau, 3),
          pValue(p),
          "–",
          "",
        ],
      })),
    ],
    note: "Tau-b with 95% interval over words; distance: discordant pairs / pairs tied in neither list. The paper calls tau a distance and does not publish its sample of words; the authors' notebook passes strings to the test, which ranks them alphabetically. The two printed columns of the paper's Table 10 have tau 0.520 (p = 8.6e-5, 30 words). The probes trained on signs and on shuffled labels keep the signs; only a higher tau shows that absolute values are learned. The probe of MLP outputs has the same labels and shows the contribution of the autoencoders.",
  };
}

/** Separately over the lexicon's negative words and its positive words. */
export function polarityTable(probe: ProbeResults, same?: PaperModel): Table {
  return {
    caption: "Rank agreement within one polarity",
    paper: "Table 11",
    columns,
    rows: [
      ...publishedRows(same, (model) => [
        fixed(table11[model].tau, 3),
        pValue(table11[model].pValue),
        "–",
        "not given",
      ]),
      ...ownRows(probe, "negative"),
      ...ownRows(probe, "positive"),
    ],
    note: "The paper's rows are for negative words. Its Table 10 gives tau 0.229 (p = 0.27) on 14 negative words, -0.054 on 16 positive ones.",
  };
}

/**
 * R fitted to log-ratios, in comparison with R fitted to deltas; undefined for a run without it.
 */
export function logRatioProbeTable({ models, onLogRatios = [] }: ProbeResults): Table | undefined {
  if (onLogRatios.length === 0) return undefined;
  const ordered = [...onLogRatios].sort((a) => (a.model === "tuned" ? -1 : 1));
  return {
    caption: "R fitted to the models' own reward",
    columns: [
      { label: "Feature activations, estimator", text: true },
      { label: "R², log-ratios" },
      { label: "R², paper's labels" },
      { label: "Tau, log-ratios" },
      { label: "p" },
      { label: "Distance" },
      { label: "n" },
    ],
    rows: ordered.flatMap(({ model, r2, kendall }) =>
      kendall.map(({ estimator, result }) => ({
        source: "run" as const,
        cells: [
          `${model === "tuned" ? "Tuned" : "Base"} model, ${estimatorNames[estimator]}`,
          fixed(r2[estimator], 3),
          fixed(models.find((one) => one.model === model)?.r2[estimator], 3),
          ...agreementCells(result),
        ],
      })),
    ),
    note: "Labels of R are the log-ratios log p(tuned) − log p(base) of the triples' words in their contexts, centred in each context by their mean under the base model, in place of the deltas: same rows, feature activations and folds. They come from the two models alone; for two equal models all are 0. Tau: of the lexicon that this R rebuilds with the given one.",
  };
}

/** The data of R and the accuracy of its predictions. */
export function probeTable({ models }: ProbeResults): Table {
  const ordered = [...models].sort((a) => (a.model === "tuned" ? -1 : 1));
  const row = (name: string, cell: (model: ProbeOfModel) => string): Row => ({
    source: "run",
    cells: [name, ...ordered.map(cell)],
  });
  return {
    caption: "The linear reward model R",
    columns: [
      { label: "Measure", text: true },
      ...ordered.map(({ model }) => ({ label: model === "tuned" ? "Tuned" : "Base (control)" })),
    ],
    rows: [
      row("Rows of the fit", ({ rows }) => whole(rows)),
      row("Inputs (feature activations)", ({ inputs }) => whole(inputs)),
      row("Words rebuilt", ({ words }) => whole(words)),
      row("Words with the lexicon's sign", ({ signAgreement }) => percentInterval(signAgreement)),
      row("R², least squares", ({ r2 }) => fixed(r2.leastSquares, 3)),
      row("R², ridge", ({ r2, ridgeStrength }) => `${fixed(r2.ridge, 3)} (strength ${significant(ridgeStrength)})`),
      row("Mean delta of positive words", ({ meanPositiveDelta }) => fixed(meanPositiveDelta)),
      row("Mean delta of negative words", ({ meanNegativeDelta }) => fixed(meanNegativeDelta)),
      row("Label scale", ({ labelScale }) => significant(labelScale)),
    ],
    note: "R²: of the deltas, out of fold. The labels of R are deltas times the label scale, by default 4 / max |delta| (probe.scaling); the rebuilt lexicon has the same scale.",
  };
}
