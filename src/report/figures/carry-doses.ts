/** Figure: reward along the line through base and tuned weights. */
import * as Plot from "@observablehq/plot";
import type { CarryResults } from "../../results/results.js";
import { fixed, interval, sample } from "../format.js";
import { colours, draw, type Figure } from "./figure.js";

/** Mean reward by dose, with its interval, and the KL from the base model at each point. */
export function carryDosesFigure({ doses }: CarryResults): Figure {
  const points = doses.map(({ dose, reward, kl }) => ({ dose, ...reward, kl: kl.value }));
  const alt = `Line with 95% intervals. ${points
    .map((point) => `dose ${point.dose}: reward ${interval(point)}, KL ${fixed(point.kl, 1)}`)
    .join("; ")}.`;
  return {
    title: "Dose of the whole difference",
    caption: `Mean reward, with 95% interval over ${sample(doses[0]?.reward)}, of models with the weights base + dose × (tuned − base); 0 is the base model, 1 the tuned one. Numbers: KL from the base model of a completion, in nats. All models have the same prompts and random numbers.`,
    svg: draw(alt, {
      height: 300,
      marginLeft: 48,
      marginRight: 24,
      marginTop: 30,
      marginBottom: 42,
      x: {
        label: "dose →",
        labelAnchor: "right",
        ticks: points.map(({ dose }) => dose),
        tickFormat: (dose: number) => fixed(dose),
        inset: 14,
      },
      y: { label: "↑ reward", grid: true, ticks: 6, nice: true, insetTop: 16 },
      marks: [
        Plot.ruleX([0, 1], { stroke: "currentColor", strokeOpacity: 0.35 }),
        Plot.areaY(points, { x: "dose", y1: "low", y2: "high", fill: colours.tuned, fillOpacity: 0.15 }),
        Plot.lineY(points, { x: "dose", y: "value", stroke: colours.tuned, strokeWidth: 2 }),
        Plot.dot(points, { x: "dose", y: "value", fill: colours.tuned, stroke: colours.surface, r: 4.5 }),
        Plot.text(points, {
          x: "dose",
          y: "high",
          text: ({ kl }: { kl: number }) => fixed(kl, 1),
          dy: -9,
          fontVariant: "tabular-nums",
          stroke: colours.surface,
          strokeWidth: 4,
          fill: "currentColor",
        }),
      ],
    } as Plot.PlotOptions),
  };
}
