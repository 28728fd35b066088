/** Figure: sparsity and reconstruction by the weight of the L1 norm (paper, Figure 5). */
import * as Plot from "@observablehq/plot";
import type { Interval, MeasuredSetting, StudiesResults } from "../../results/results.js";
import { fixed, significant } from "../format.js";
import { colours, draw, type Figure } from "./figure.js";

interface Point {
  l1Coef: number;
  value: number;
  low: number;
  high: number;
}

/** The paper's two losses, on one axis as there. */
const losses: readonly {
  name: string;
  short: string;
  of: (setting: MeasuredSetting) => Interval;
  scale: number;
  dash: string;
}[] = [
  { name: "true sparsity / 100", short: "L0 / 100", of: ({ l0 }) => l0, scale: 0.01, dash: "5 3" },
  {
    name: "normalised reconstruction",
    short: "MSE / variance",
    of: ({ normalisedMse }) => normalisedMse,
    scale: 1,
    dash: "",
  },
];

/** Both losses by the weight, on a logarithmic axis. Undefined without a sweep. */
export function l1SweepFigure({ sweep, tokenVisits, dSae }: StudiesResults): Figure | undefined {
  const curves = losses
    .map(({ of, scale, ...loss }) => ({
      ...loss,
      points: sweep.flatMap((setting): Point[] => {
        const { value, low, high } = of(setting);
        const drawn = setting.l1Coef !== undefined && [value, low, high].every(Number.isFinite);
        return drawn ? [{ l1Coef: setting.l1Coef!, value: scale * value, low: scale * low, high: scale * high }] : [];
      }),
    }))
    .filter(({ points }) => points.length > 0);
  if (curves.length === 0) return undefined;
  const layers = sweep[0].layers.length;
  const alt = `Line chart over the weight of the L1 norm, on a logarithmic axis. ${curves
    .map(
      ({ name, points }) =>
        `${name}: ${points.map(({ l1Coef, value }) => `${fixed(value, 3)} at ${significant(l1Coef, 2)}`).join(", ")}`,
    )
    .join("; ")}.`;
  const ends = curves.map(({ short, points }) => ({ short, ...points[points.length - 1] }));
  const svg = draw(alt, {
    height: 260,
    marginLeft: 52,
    marginRight: 96,
    marginTop: 28,
    marginBottom: 42,
    x: {
      label: "weight of the L1 norm (log scale) →",
      labelAnchor: "right",
      type: "log",
      ticks: sweep.map(({ l1Coef }) => l1Coef!),
      tickFormat: (value: number) => String(value),
      tickRotate: sweep.length > 5 ? -30 : 0,
    },
    y: { label: "↑ L0 / 100 and MSE / variance", grid: true, ticks: 5, zero: true },
    marks: [
      ...curves.flatMap(({ dash, points }) => [
        Plot.ruleX(points, { x: "l1Coef", y1: "low", y2: "high", stroke: colours.tuned, strokeWidth: 1.2 }),
        Plot.line(points, {
          x: "l1Coef",
          y: "value",
          stroke: colours.tuned,
          strokeWidth: 2,
          strokeDasharray: dash || undefined,
        }),
        Plot.dot(points, {
          ...{ x: "l1Coef", y: "value", r: 3.5, stroke: colours.tuned, strokeWidth: 1.5 },
          fill: dash ? colours.surface : colours.tuned,
        }),
      ]),
      ...ends
        .sort((a, b) => b.value - a.value)
        .map((end, i) =>
          Plot.text([end], {
            x: "l1Coef",
            y: "value",
            text: "short",
            dx: 8,
            dy: 12 * i - 6,
            textAnchor: "start",
            fill: colours.tuned,
          }),
        ),
    ],
  });
  return {
    title: "Sparsity and reconstruction by the weight of the L1 norm",
    caption: `Autoencoders of the tuned model with ${dSae} features after ${significant(tokenVisits)} tokens of training; mean over ${layers} layer${layers === 1 ? "" : "s"}, on held-out texts. Dashed: active features per token, divided by 100; solid: mean squared error divided by the variance. Bars: 95% intervals over texts. The paper's Figure 5 is published as a picture, without numbers and weights.`,
    svg,
  };
}
