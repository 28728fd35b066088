/** Figure: matrix of the MMCS between all dictionaries of a layer. */
import * as Plot from "@observablehq/plot";
import type { DictionaryName, MatchResults } from "../../results/results.js";
import { mean } from "../../stats/moments.js";
import { fixed } from "../format.js";
import { colours, draw, type Figure } from "./figure.js";

const names: readonly DictionaryName[] = ["base small", "base large", "tuned small", "tuned large"];

/**
 * One matrix per layer, with its values; undefined for runs that did not compare all dictionaries.
 */
export function mmcsMatrixFigure({ between = [] }: MatchResults): Figure | undefined {
  if (between.length === 0) return undefined;
  const layers = [...new Set(between.map(({ layer }) => layer))].sort((a, b) => a - b);
  const values = between.map(({ mmcs }) => mmcs);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const overLayers = (from: DictionaryName, to: DictionaryName): number =>
    mean(between.filter((cell) => cell.from === from && cell.to === to).map(({ mmcs }) => mmcs));
  const alt = `Matrices of mean max cosines between the dictionaries of ${layers.length} layers. Means over layers: base small in tuned small ${fixed(overLayers("base small", "tuned small"))}, tuned small in tuned large ${fixed(overLayers("tuned small", "tuned large"))}, tuned small in base large ${fixed(overLayers("tuned small", "base large"))}.`;
  const axis = { domain: names, label: null, tickSize: 0 } as const;
  const svg = draw(alt, {
    height: 60 + 118 * layers.length,
    marginLeft: 84,
    marginRight: 56,
    marginTop: 26,
    marginBottom: 16,
    x: { ...axis, axis: "top" },
    y: axis,
    fy: { label: null, padding: 0.1, tickFormat: (layer: number) => `layer ${layer}` },
    opacity: { domain: [low, high], range: [0.08, 0.85] },
    marks: [
      Plot.cell(between, {
        x: "to",
        y: "from",
        fy: "layer",
        inset: 1,
        fill: colours.tuned,
        fillOpacity: "mmcs",
        title: ({ layer, from, to, mmcs }: (typeof between)[number]) =>
          `layer ${layer}: ${from} in ${to}, MMCS ${fixed(mmcs, 3)}`,
      }),
      Plot.text(between, {
        x: "to",
        y: "from",
        fy: "layer",
        text: ({ mmcs }) => fixed(mmcs),
        fill: "currentColor",
        stroke: colours.surface,
        strokeWidth: 3,
      }),
    ],
  });
  return {
    title: "MMCS between all dictionaries",
    caption:
      "Highest cosine of each feature of the row's dictionary with a feature of the column's, mean over features (MMCS, Eq. 2). A small dictionary in a large one has a higher MMCS than the large one in the small one, whatever they share. Dictionaries of base and tuned model start training from the same weights, which contributes to their agreement.",
    svg,
  };
}
