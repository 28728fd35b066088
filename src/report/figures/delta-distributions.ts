/** Figure: the sentiment activation deltas, which are the labels of R. */
import * as Plot from "@observablehq/plot";
import type { DeltaPoint, ModelRole } from "../../results/results.js";
import { mean } from "../../stats/moments.js";
import { fixed, whole } from "../format.js";
import { colours, draw, type Figure, roleNames } from "./figure.js";

/** Histograms of one model's deltas, positive and negative words. Undefined without deltas. */
export function deltaDistributionFigure(deltas: readonly DeltaPoint[], model: ModelRole): Figure | undefined {
  const own = deltas.filter((row) => row.model === model);
  if (own.length === 0) return undefined;
  const positive = own.filter(({ sign }) => sign === 1).map(({ delta }) => delta);
  const negative = own.filter(({ sign }) => sign === -1).map(({ delta }) => delta);
  const alt = `Histogram of ${own.length} deltas, ${roleNames[model]}: positive words mean ${fixed(mean(positive))}, negative words mean ${fixed(mean(negative))}.`;
  const bars = { inset: 0.4, thresholds: 48, fill: colours[model] } as const;
  const svg = draw(alt, {
    height: 240,
    marginLeft: 48,
    marginTop: 28,
    marginBottom: 42,
    x: { label: "delta (negative words negated) →", labelAnchor: "right", ticks: 7 },
    y: { label: "↑ rows", grid: true, ticks: 4 },
    marks: [
      Plot.rectY(own, Plot.binX<Plot.RectYOptions>({ y: "count" }, { ...bars, x: "delta", fillOpacity: 0.65 })),
      Plot.ruleX([0], { stroke: "currentColor", strokeDasharray: "3 3" }),
      Plot.ruleY([0], { stroke: "currentColor" }),
    ],
  });
  return {
    title: `Sentiment activation deltas, ${roleNames[model]}`,
    caption: `${whole(positive.length)} positive and ${whole(negative.length)} negative words. Delta: the distance of a word's feature activations from those of the neutral word, summed over layers. Its sign is set by the word, not measured.`,
    svg,
  };
}
