/** Figure: sparsity and reconstruction of the autoencoders over the steps of training. */
import * as Plot from "@observablehq/plot";
import type { DictionariesResults, DictionarySize, ModelRole } from "../../results/results.js";
import { mean } from "../../stats/moments.js";
import { significant } from "../format.js";
import { colours, draw, type Figure, roleNames } from "./figure.js";

/** The measures of the curves; `mse` has a logarithmic axis. */
export type TrainingMeasure = "l0" | "mse";

const measures: Readonly<Record<TrainingMeasure, { title: string; axis: string; caption: string }>> = {
  l0: {
    title: "Active features per token",
    axis: "L0 (features per token)",
    caption: "Mean number of active features per token (L0).",
  },
  mse: {
    title: "Reconstruction error",
    axis: "mean squared error (log scale)",
    caption: "Mean over tokens and dimensions, on training activations.",
  },
};

const sizes: readonly DictionarySize[] = ["small", "large"];

interface Point {
  size: DictionarySize;
  layer: number;
  step: number;
  value: number;
}

/**
 * The curves of all layers of one model (thin) and their mean (thick); large dictionaries dashed.
 * Undefined without curves.
 */
export function dictionaryTrainingFigure(
  { curves }: DictionariesResults,
  model: ModelRole,
  measure: TrainingMeasure,
): Figure | undefined {
  const points = curves
    .filter((curve) => curve.model === model)
    .flatMap(({ size, layer, step, [measure]: values }) =>
      step.map((at, i): Point => ({ size, layer, step: at, value: values[i] })),
    )
    .filter(({ value }) => Number.isFinite(value) && (measure !== "mse" || value > 0));
  if (points.length === 0) return undefined;
  const means = sizes.flatMap((size) => meanCurve(points.filter((point) => point.size === size)));
  const ends = sizes.flatMap((size) => means.filter((point) => point.size === size).slice(-1));
  const { title, axis, caption } = measures[measure];
  const alt = `Line chart of ${title.toLowerCase()} over training steps, ${roleNames[model]}. At the end: ${ends
    .map(({ size, value }) => `${size} dictionaries ${significant(value)}`)
    .join(", ")}.`;
  const line = { x: "step", y: "value", stroke: colours[model] } as const;
  const svg = draw(alt, {
    height: 240,
    marginLeft: 52,
    marginRight: 48,
    marginTop: 28,
    marginBottom: 40,
    x: { label: "step →", labelAnchor: "right", ticks: 5 },
    y:
      measure === "mse"
        ? {
            label: `↑ ${axis}`,
            type: "log",
            grid: true,
            ticks: logTicks(points.map(({ value }) => value)),
            tickFormat: (value: number) => significant(value, 1),
          }
        : { label: `↑ ${axis}`, grid: true, ticks: 5, zero: true },
    marks: [
      ...sizes.flatMap((size) => {
        const of = (list: Point[]) => list.filter((point) => point.size === size);
        const dashed = size === "large" ? { strokeDasharray: "5 3" } : {};
        return [
          Plot.line(of(points), { ...line, ...dashed, z: "layer", strokeWidth: 0.8, strokeOpacity: 0.45 }),
          Plot.line(of(means), { ...line, ...dashed, strokeWidth: 2.2 }),
        ];
      }),
      ...ends
        .sort((a, b) => b.value - a.value)
        .map((end, i) =>
          Plot.text([end], {
            x: "step",
            y: "value",
            text: "size",
            dx: 6,
            dy: 12 * i - 6,
            textAnchor: "start",
            fill: colours[model],
          }),
        ),
    ],
  });
  return {
    title: `${title}, ${roleNames[model]}`,
    caption: `${caption} Thin: single layers; thick: their mean. Dashed: the large dictionary.`,
    svg,
  };
}

/** 1, 2 and 5 times the powers of ten that the values span. */
function logTicks(values: readonly number[]): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const powers = Array.from({ length: 24 }, (_, i) => i - 16);
  return powers
    .flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power))
    .filter((tick) => tick >= low && tick <= high);
}

/** The mean over layers at each step. */
function meanCurve(points: readonly Point[]): Point[] {
  const atStep = new Map<number, Point[]>();
  for (const point of points) atStep.set(point.step, [...(atStep.get(point.step) ?? []), point]);
  return [...atStep.entries()]
    .sort(([a], [b]) => a - b)
    .map(([step, [first, ...others]]) => ({
      ...first,
      step,
      value: mean([first, ...others].map(({ value }) => value)),
    }));
}
