/** Tables: rank agreement of the rebuilt lexicon with the given one (paper, Tables 4 and 11), and R itself. */
import type { KendallResult, ProbeOfModel, ProbeResults } from "../../pipeline/results.js";
import { fixed, interval, percentInterval, pValue, sample, significant, whole } from "../format.js";
import { type PaperModel, table4, table11 } from "../published.js";
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

const estimators: Readonly<Record<Estimator, string>> = { leastSquares: "least squares", ridge: "ridge" };

const controlLabels: Readonly<Record<string, string>> = {
  signs: "Probe on signs alone",
  shuffledSizes: "Probe on true signs, sizes shuffled",
  shuffledWithinPolarity: "Probe on labels shuffled within polarity",
};

/** The agreement of one model's lexicon, if it was computed. */
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

function cells({ tau, pValue: p, distance }: KendallResult): string[] {
  return [interval(tau, 3), pValue(p), fixed(distance, 3), sample(tau)];
}

function ownRows(probe: ProbeResults, words: Words): Row[] {
  return (["tuned", "base"] as const).flatMap((model) =>
    (["leastSquares", "ridge"] as const).flatMap((estimator): Row[] => {
      const result = kendallOf(probe, model, words, estimator);
      if (!result) return [];
      const head = model === "tuned" ? ownHead : controlHead;
      return [
        {
          source: model === "tuned" ? "run" : "control",
          cells: [head(`${model === "tuned" ? "Tuned" : "Base"} model, ${estimators[estimator]}`), ...cells(result)],
        },
      ];
    }),
  );
}

/** Over all rebuilt words, with the difference between the models and probes that must not work. */
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
        cells: [ownHead(`Tuned − base, ${estimators[estimator]}`), interval(difference, 3), "", "", sample(difference)],
      })),
      ...(probe.controls ?? []).map(({ labels, kendall }) => ({
        source: "control" as const,
        cells: [controlHead(controlLabels[labels] ?? labels), ...cells(kendall)],
      })),
    ],
    note: "Tau-b with 95% interval over words; distance: discordant pairs / pairs tied in neither list. The paper prints tau under the name of a distance, over a sample of words that is not published; the authors' published notebook hands strings to the test, so it ranks by the alphabet. The two printed columns of the paper's own Table 10 have tau 0.520 (p = 8.6e-5, 30 words). Controls keep the signs, so only what exceeds them speaks of sizes.",
  };
}

/** Over the lexicon's negative words, and the positive ones, alone. */
export function polarityTable(probe: ProbeResults, same?: PaperModel): Table {
  const group = (words: Words, name: string) =>
    ownRows(probe, words).map(({ source, cells: [head, ...rest] }) => ({
      source,
      cells: [[head, ` ${name}`], ...rest],
    }));
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
      ...group("negative", "negative words"),
      ...group("positive", "positive words"),
    ],
    note: "The paper's rows are for negative words. Its Table 10 gives tau 0.229 (p = 0.27) on 14 negative words, -0.054 on 16 positive ones.",
  };
}

/** What R was fitted on and how well it predicts. */
export function probeTable({ models }: ProbeResults): Table {
  return {
    caption: "The linear reward model R",
    columns: [
      { label: "Model", text: true },
      { label: "Rows" },
      { label: "Inputs" },
      { label: "Words" },
      { label: "Same sign" },
      { label: "R² least squares" },
      { label: "R² ridge" },
      { label: "Ridge strength" },
      { label: "Mean delta +" },
      { label: "Mean delta −" },
      { label: "Label scale" },
    ],
    rows: [...models]
      .sort((a) => (a.model === "tuned" ? -1 : 1))
      .map((one) => ({
        source: one.model === "tuned" ? "run" : "control",
        cells: [
          one.model === "tuned" ? ownHead("Tuned") : controlHead("Base"),
          whole(one.rows),
          whole(one.inputs),
          whole(one.words),
          percentInterval(one.signAgreement),
          fixed(one.r2.leastSquares, 3),
          fixed(one.r2.ridge, 3),
          significant(one.ridgeStrength),
          fixed(one.meanPositiveDelta),
          fixed(one.meanNegativeDelta),
          significant(one.labelScale),
        ],
      })),
    note: "R² is out of fold. Labels of R are deltas times the label scale, 4 / max |delta|; the same scale serves the rebuilt lexicon.",
  };
}
