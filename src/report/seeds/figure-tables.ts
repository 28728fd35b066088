/** Tables: all numbers that the runs have in common, by seed. */
import type { SeedFigure } from "../../results/results.js";
import type { Row, Table } from "../tables/table.js";
import { figureFormat, inWords, placeOf, sentence } from "./words.js";

/** Captions as in the report of a run. */
const captions: Readonly<Record<string, string>> = {
  tune: "Reward of completions, and other changes by tuning",
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
  "probe.controls": "Rank agreement of control probes",
  "probe.paperWords": "Thirty words",
  ablate: "Reward before and after ablation",
  "frequency.models": "Frequency of activation where R predicts a high reward",
};

/** Up to this many constant numbers are listed in the note. */
const fewConstants = 12;

/**
 * One table per list of the results, in their order; numbers outside lists are in the table of
 * their stage. Numbers that are the same in all of several runs are in the note.
 */
export function figureTables(figures: readonly SeedFigure[], seeds: readonly number[]): Table[] {
  const tables = new Map<string, { rows: Row[]; constants: string[] }>();
  for (const figure of figures) {
    const { table: name, row } = placeOf(figure);
    const table = tables.get(name) ?? { rows: [], constants: [] };
    tables.set(name, table);
    const { values, n, mean, standardDeviation, min, max, path } = figure;
    const format = figureFormat(figure);
    if (n === seeds.length && n > 1 && min === max) {
      table.constants.push(`${row} ${format(mean)}`);
      continue;
    }
    // A mean of p-values is not a p-value.
    const centre = path.at(-1) === "pValue" ? [null, null] : [mean, standardDeviation];
    table.rows.push({ source: "run", cells: [row, ...[...values, ...centre, min, max].map(format)] });
  }
  return [...tables].map(([name, { rows, constants }]) => ({
    caption: captions[name] ?? sentence(name.split(".").map(inWords).join(", ")),
    columns: [
      { label: "Number", text: true },
      ...seeds.map((seed) => ({ label: `Seed ${seed}` })),
      { label: "Mean" },
      { label: "SD" },
      { label: "Minimum" },
      { label: "Maximum" },
    ],
    rows,
    note: constantsInWords(constants),
  }));
}

function constantsInWords(constants: readonly string[]): string | undefined {
  if (constants.length === 0) return undefined;
  if (constants.length > fewConstants) return `${constants.length} more numbers are the same in all runs.`;
  return `The same in all runs: ${constants.join("; ")}.`;
}
