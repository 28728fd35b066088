/** Table: similarity of dictionaries that were trained with different seeds. */
import type { ModelRole, SeedDictionaryMatch, SeedsResults } from "../../results/results.js";
import { mean } from "../../stats/moments.js";
import { fixed } from "../format.js";
import { type Content, html } from "../html.js";
import type { Table } from "../tables/table.js";

const shown = (values: readonly number[]): Content => {
  if (values.length < 2) return fixed(mean(values), 3);
  const range = `${fixed(Math.min(...values), 3)} to ${fixed(Math.max(...values), 3)}`;
  return html`${fixed(mean(values), 3)} <span class="source">${range}</span>`;
};

export function dictionaryMatchesTable({ dictionaryMatches, figures }: SeedsResults): Table {
  const layers = [...new Set(dictionaryMatches.map(({ layer }) => layer))].sort((a, b) => a - b);
  const between = (wanted: readonly number[], pick: (match: SeedDictionaryMatch) => number, model?: ModelRole) =>
    shown(
      dictionaryMatches
        .filter((match) => wanted.includes(match.layer) && (model === undefined || match.model === model))
        .map(pick),
    );
  const within = (wanted: readonly number[], field: "mmcs" | "randomMmcs", model?: ModelRole) =>
    shown(
      figures.flatMap(({ path, values }) => {
        const [stage, list, pair, name] = path;
        if (stage !== "match" || list !== "pairs" || typeof pair !== "object" || name !== field) return [];
        const isWanted = wanted.includes(Number(pair.layer)) && (model === undefined || pair.model === model);
        return isWanted ? values.filter((value) => value !== null) : [];
      }),
    );
  const cells = (wanted: readonly number[]) => [
    between(wanted, ({ mmcs }) => mmcs, "tuned"),
    between(wanted, ({ mmcs }) => mmcs, "base"),
    between(wanted, ({ randomMmcs }) => randomMmcs),
    within(wanted, "mmcs", "tuned"),
    within(wanted, "mmcs", "base"),
    within(wanted, "randomMmcs"),
  ];
  const pairs = (layer: number) =>
    dictionaryMatches.filter((match) => match.layer === layer && match.model === "base").length;
  return {
    caption: "MMCS between small dictionaries of two seeds, and between small and large dictionary of one seed",
    columns: [
      { label: "Layer", text: true },
      { label: "Pairs of seeds" },
      { label: "Two seeds, tuned" },
      { label: "Two seeds, base" },
      { label: "Random of these sizes" },
      { label: "One seed, small in large, tuned" },
      { label: "... base" },
      { label: "Random of these sizes" },
    ],
    rows: [
      ...layers.map((layer) => ({
        source: "run" as const,
        cells: [`Layer ${layer}`, pairs(layer), ...cells([layer])],
      })),
      { source: "run", cells: ["All layers", "", ...cells(layers)] },
    ],
    note: "Mean max cosine similarity (MMCS): mean, minimum and maximum. Two seeds: small dictionaries of the same layer and size, trained on the same texts with other initial weights and in another order; mean of both directions, over layers that both runs chose. The base model is the same for all seeds, so its column shows how much the training of dictionaries repeats; the tuned models were tuned with different seeds.",
  };
}
