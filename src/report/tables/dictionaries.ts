/**
 * Tables: sizes and quality of the dictionaries, and their matches (paper, Tables 1, 12, 13 and Eq.
 * 2).
 */
import { type PaperModel, table1, table12, table13 } from "../../paper/published.js";
import type {
  DictionariesResults,
  DictionarySize,
  MatchResults,
  ModelRole,
  SharedQuality,
} from "../../results/results.js";
import { mean } from "../../stats/moments.js";
import { fixed, percent, whole } from "../format.js";
import { controlHead, ownHead, publishedRows, type Table } from "./table.js";

export function dictionarySizesTable({ dictionaries }: DictionariesResults, same?: PaperModel): Table {
  const size = (wanted: DictionarySize) => whole(dictionaries.find((one) => one.size === wanted)?.dSae);
  return {
    caption: "Features per dictionary",
    paper: "Table 1",
    columns: [{ label: "Model", text: true }, { label: "Large" }, { label: "Small" }],
    rows: [
      ...publishedRows(same, (model) => [whole(table1[model].large), whole(table1[model].small)]),
      { source: "run", cells: [ownHead("Both models"), size("large"), size("small")] },
    ],
  };
}

/** Mean over layers, in the units of the paper's appendix. */
export function qualityComparisonTable({ dictionaries }: DictionariesResults): Table {
  const published = [
    ...table12.map((row) => ({ ...row, table: 12 })),
    ...table13.map((row) => ({ ...row, table: 13 })),
  ];
  const own = (["tuned", "base"] as const).flatMap((model) =>
    (["small", "large"] as const).flatMap((size) => {
      const rows = dictionaries.filter((one) => one.model === model && one.size === size);
      return rows.length === 0 ? [] : [{ model, size, rows }];
    }),
  );
  return {
    caption: "Sparsity and reconstruction, mean over layers",
    paper: "Tables 12 and 13",
    columns: [
      { label: "Model", text: true },
      { label: "Setting", text: true },
      { label: "L0 / 100" },
      { label: "Normalised reconstruction" },
    ],
    rows: [
      ...published.map(({ model, setting, sparsity, reconstruction, table }) => ({
        source: "published" as const,
        cells: [`${model} (Table ${table})`, setting, fixed(sparsity, 3), fixed(reconstruction, 3)],
      })),
      ...own.map(({ model, size, rows }) => ({
        source: model === "tuned" ? ("run" as const) : ("control" as const),
        cells: [
          model === "tuned" ? ownHead("Tuned model") : controlHead("Base model"),
          `${size} dictionary`,
          fixed(mean(rows.map(({ l0 }) => l0)) / 100, 3),
          fixed(mean(rows.map(({ normalisedMse }) => normalisedMse)), 3),
        ],
      })),
    ],
    note: "L0: active features per token. Reconstruction: mean squared error divided by the variance of the MLP outputs, here on held-out texts. The paper's rows are after one epoch, and the paper does not specify the size of the dictionary; its Pythia-70m row in Table 13 differs from the same setting in Table 12.",
  };
}

export function qualityTable({ dictionaries }: DictionariesResults, model: ModelRole): Table {
  const rows = dictionaries.filter((one) => one.model === model);
  const named = rows.map((one) => ({ name: `Layer ${one.layer}, ${one.size}`, one }));
  return tableOfQuality(`Each dictionary of the ${model} model`, named);
}

/** The dictionaries that both models share; undefined if there are none. */
export function sharedQualityTable({ shared }: DictionariesResults): Table | undefined {
  const named = shared?.map((one) => ({ name: `Layer ${one.layer}, ${one.model} model`, one }));
  return named && tableOfQuality("The dictionaries that both models share, measured in each", named);
}

function tableOfQuality(caption: string, rows: readonly { name: string; one: SharedQuality }[]): Table {
  const cells = (name: string, one: SharedQuality) => [
    name,
    whole(one.dSae),
    fixed(one.l0, 1),
    fixed(one.normalisedMse, 4),
    percent(one.explainedVariance),
    `${whole(one.deadFeatures)} (${percent(one.deadFeatures / one.dSae)})`,
    fixed(one.loss.original, 3),
    fixed(one.loss.spliced, 3),
    fixed(one.loss.zeroed, 3),
    percent(one.lossRecovered),
    whole(one.tokens),
  ];
  return {
    caption,
    columns: [
      { label: "Dictionary", text: true },
      { label: "Features" },
      { label: "L0" },
      { label: "MSE / variance" },
      { label: "Explained variance" },
      { label: "Dead features" },
      { label: "Loss, original" },
      { label: "Loss, spliced" },
      { label: "Loss, zeroed" },
      { label: "Recovered" },
      { label: "n tokens" },
    ],
    rows: rows
      .toSorted((a, b) => a.one.layer - b.one.layer)
      .map(({ name, one }) => ({ source: "run", cells: cells(name, one) })),
    note: "Loss: next-token cross-entropy in nats of the original model, with the layer's MLP output replaced by the reconstruction, and with the output set to zero. Recovered: (zeroed − spliced) / (zeroed − original).",
  };
}

export function mmcsTable({ pairs, topK, matching }: MatchResults): Table {
  const layers = [...new Set(pairs.map(({ layer }) => layer))].sort((a, b) => a - b);
  const of = (model: ModelRole, layer: number) => pairs.find((pair) => pair.model === model && pair.layer === layer);
  const average = (values: (number | undefined)[]) => mean(values.filter((value) => value !== undefined));
  const cells = (chosen: readonly number[]) => [
    ...(["tuned", "base"] as const).map((model) => fixed(average(chosen.map((layer) => of(model, layer)?.mmcs)), 3)),
    fixed(average(chosen.flatMap((layer) => [of("tuned", layer)?.randomMmcs, of("base", layer)?.randomMmcs])), 3),
    fixed(average(chosen.map((layer) => of("tuned", layer)?.top.at(-1)?.cosine)), 3),
  ];
  return {
    caption:
      matching === "oneToOne"
        ? "Mean cosine similarity of the small dictionary's features with the large one's, matched one to one"
        : "Mean max cosine similarity (MMCS) of the small dictionary in the large one",
    paper: "Eq. 2, no numbers",
    columns: [
      { label: "Layer", text: true },
      { label: "Tuned" },
      { label: "Base" },
      { label: "Random dictionaries" },
      { label: `Cosine of the ${topK}th best, tuned` },
    ],
    rows: [
      ...layers.map((layer) => ({ source: "run" as const, cells: [`Layer ${layer}`, ...cells([layer])] })),
      { source: "run", cells: ["Mean over layers", ...cells(layers)] },
    ],
  };
}
