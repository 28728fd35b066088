/** Figure: parameter divergence per layer (paper, Figure 4). */
import * as Plot from "@observablehq/plot";
import type { DivergenceResults } from "../../results/results.js";
import { significant } from "../format.js";
import { colours, draw, type Figure } from "./figure.js";

/**
 * Bars of the summed L2 norms of each layer; filled for chosen layers, hollow for the others. Where no
 * layer is chosen for later stages, all are filled.
 */
export function layerDivergenceFigure({ layers, chosen }: DivergenceResults): Figure {
  const chooses = chosen.length > 0;
  const bars = layers.map(({ layer, divergence }) => ({ layer, divergence, chosen: chosen.includes(layer) }));
  const alt = `Bar chart of parameter divergence per layer: ${bars
    .map(({ layer, divergence, chosen }) => `layer ${layer} ${significant(divergence)}${chosen ? " (chosen)" : ""}`)
    .join(", ")}.`;
  const svg = draw(alt, {
    height: 280,
    marginLeft: 48,
    marginTop: 28,
    marginBottom: 40,
    x: { label: "layer", type: "band", padding: 0.25, labelArrow: "none" },
    y: {
      label: "↑ sum of L2 norms",
      grid: true,
      ticks: 5,
      nice: true,
      domain: [0, Math.max(...bars.map((bar) => bar.divergence)) * 1.1],
    },
    marks: [
      Plot.barY(bars, {
        x: "layer",
        y: "divergence",
        fill: (bar: { chosen: boolean }) => (bar.chosen || !chooses ? colours.tuned : "none"),
        stroke: colours.tuned,
        strokeWidth: 1.2,
      }),
      Plot.text(bars, {
        x: "layer",
        y: "divergence",
        text: (bar: { divergence: number }) => significant(bar.divergence),
        dy: -8,
        fontVariant: "tabular-nums",
        fontSize: layers.length > 8 ? 9.5 : 12,
      }),
      Plot.ruleY([0], { stroke: "currentColor" }),
    ],
  });
  return {
    title: "Divergence of each layer",
    caption:
      "Divergence: L2 norm of tuned minus base parameters, summed over the layer's weight and bias tensors." +
      (chooses
        ? " Filled: layers chosen for the following stages. The paper's Figure 4 is published as a picture."
        : ""),
    svg,
  };
}
