/**
 * Figure: cosine similarity of the small dictionaries' features with the large ones', against
 * chance.
 */
import * as Plot from "@observablehq/plot";
import type { MatchResults, ModelRole } from "../../results/results.js";
import { fixed } from "../format.js";
import { colours, draw, type Figure, roleNames } from "./figure.js";

/**
 * Histograms of maximal cosines per layer, with their mean (MMCS) and that of random dictionaries.
 * Undefined without pairs.
 */
export function matchCosinesFigure({ pairs }: MatchResults, model: ModelRole): Figure | undefined {
  const own = pairs.filter((pair) => pair.model === model).sort((a, b) => a.layer - b.layer);
  if (own.length === 0) return undefined;
  const cosines = own.flatMap(({ layer, cosines }) => cosines.map((cosine) => ({ layer, cosine })));
  const marks = own.map(({ layer, mmcs, randomMmcs }) => ({ layer, mmcs, randomMmcs }));
  const alt = `Histograms of best cosines, ${roleNames[model]}. ${own
    .map(
      ({ layer, mmcs, randomMmcs }) =>
        `Layer ${layer}: mean ${fixed(mmcs, 3)}, random dictionaries ${fixed(randomMmcs, 3)}`,
    )
    .join("; ")}.`;
  const svg = draw(alt, {
    height: 70 + 52 * own.length,
    marginLeft: 44,
    marginRight: 52,
    marginTop: 12,
    marginBottom: 40,
    x: {
      label: "highest cosine in the large dictionary →",
      labelAnchor: "right",
      domain: [Math.min(0, ...cosines.map(({ cosine }) => cosine)), 1],
      ticks: 6,
    },
    y: { axis: null },
    fy: { label: null, padding: 0.18, tickFormat: (layer: number) => `layer ${layer}` },
    marks: [
      Plot.ruleY([0], { stroke: "currentColor", strokeOpacity: 0.4 }),
      Plot.rectY(
        cosines,
        Plot.binX<Plot.RectYOptions>(
          { y: "proportion-facet" },
          { x: "cosine", fy: "layer", thresholds: bins, fill: colours[model], fillOpacity: 0.55, inset: 0.4 },
        ),
      ),
      Plot.ruleX(marks, {
        x: "randomMmcs",
        fy: "layer",
        stroke: "currentColor",
        strokeWidth: 1.4,
        strokeDasharray: "3 3",
      }),
      Plot.ruleX(marks, { x: "mmcs", fy: "layer", stroke: colours[model], strokeWidth: 2.4 }),
    ],
  });
  return {
    title: `Matched features, ${roleNames[model]}`,
    caption: `Features of the small dictionary by their highest cosine similarity with a feature of the large one. Thick line: mean (MMCS, Eq. 2). Dashed line: MMCS of random dictionaries of the same sizes. n = ${own.map(({ cosines }) => cosines.length).join(", ")} features.`,
    svg,
  };
}

/** From -1 to 1 in steps of 0.04. */
const bins = Array.from({ length: 51 }, (_, i) => Math.round(4 * i - 100) / 100);
