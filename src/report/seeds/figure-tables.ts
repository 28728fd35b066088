/** Tables: every number that the runs have in common, seed by seed. */
import type { SeedFigure } from "../../pipeline/results.js";
import { significant } from "../format.js";
import type { Row, Table } from "../tables/table.js";
import { figureValues, inWords, placeOf } from "./words.js";

/** As in the report of a run. */
const captions: Readonly<Record<string, string>> = {
  tune: "Reward of completions, and side effects of tuning",
  "divergence.layers": "Divergence by layer",
  "divergence.layers.tensors": "Divergence of every tensor",
  "divergence.others": "Tensors in no layer",
  dictionaries: "Training of the dictionaries",
  "dictionaries.dictionaries": "Each dictionary",
  match: "Features that are explained",
  "match.pairs": "Mean max cosine similarity (MMCS) of the small dictionary in the large one",
  "classify.models": "Features labelled as related to the reward",
  "classify.models.byLayer": "Features labelled as related to the reward, by layer",
  triples: "Contrastive triples",
  "probe.models": "The linear reward model R",
  "probe.models.kendall": "Rank agreement of the rebuilt with the given lexicon",
  "probe.tauDifference": "Kendall tau, tuned − base",
  "probe.controls": "Rank agreement of probes that must not work",
  "probe.paperWords": "Thirty words",
  ablate: "Reward before and after ablation",
  "frequency.models": "Frequency of activation where R predicts a high reward",
};

/** One table per list of the results, in their order; numbers outside of lists share the table of their stage. */
export function figureTables(figures: readonly SeedFigure[], seeds: readonly number[]): Table[] {
  const tables = new Map<string, Row[]>();
  for (const figure of figures) {
    const { table, row } = placeOf(figure);
    const { mean, standardDeviation, min, max } = figure;
    const cells = [
      row,
      ...figureValues(figure),
      ...[mean, standardDeviation, min, max].map((value) => significant(value)),
    ];
    tables.set(table, [...(tables.get(table) ?? []), { source: "run", cells }]);
  }
  return [...tables].map(([name, rows]) => ({
    caption: captions[name] ?? name.split(".").map(inWords).join(", "),
    columns: [
      { label: "Number", text: true },
      ...seeds.map((seed) => ({ label: `Seed ${seed}` })),
      { label: "Mean" },
      { label: "SD" },
      { label: "Least" },
      { label: "Most" },
    ],
    rows,
  }));
}
