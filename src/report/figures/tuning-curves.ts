/** Figures: metrics of tuning over the batches. */
import * as Plot from "@observablehq/plot";
import type { TuningMetrics } from "../../results/results.js";
import { fixed, significant, whole } from "../format.js";
import { colours, draw, type Figure } from "./figure.js";

interface Curve {
  metric: string;
  title: string;
  axis: string;
  caption: string;
}

/** The curves of the report, by TRL's names. */
export const tuningCurves: readonly Curve[] = [
  {
    metric: "objective/scores",
    title: "Reward",
    axis: "reward",
    caption: "Mean reward of the sampled texts per batch.",
  },
  {
    metric: "objective/kl",
    title: "KL from the base model",
    axis: "KL (nats per response)",
    caption: "log p(tuned) − log p(base), summed over the tokens of a response, mean over the batch.",
  },
  {
    metric: "objective/entropy",
    title: "Entropy",
    axis: "entropy (nats per response)",
    caption: "Negative log-probability of the sampled response, mean over the batch.",
  },
  {
    metric: "loss/value_avg",
    title: "Value loss",
    axis: "value loss (squared reward)",
    caption: "Clipped squared error of the value head, mean over minibatches and epochs.",
  },
];

/** The axis of batches: whole numbers, each labelled if they are few. */
export function batchAxis(points: readonly { batch: number }[]): Plot.ScaleOptions {
  const batches = [...new Set(points.map(({ batch }) => batch))];
  const ticks = batches.length <= 6 ? batches : 6;
  return { label: "batch →", labelAnchor: "right", ticks, tickFormat: (batch: number) => whole(batch) };
}

/**
 * One metric over the batches, with its mean over a sliding window; undefined when the log does not
 * have it.
 */
export function tuningCurve(metrics: readonly TuningMetrics[], curve: Curve): Figure | undefined {
  const points = metrics
    .map((line) => ({ batch: line.batch, value: line[curve.metric] }))
    .filter(({ value }) => Number.isFinite(value));
  if (points.length === 0) return undefined;
  const window = Math.max(1, Math.round(points.length / 12));
  const first = points[0];
  const last = points[points.length - 1];
  const alt =
    `Line chart of ${curve.title.toLowerCase()} over ${points.length} batches: ` +
    `${significant(first.value)} at batch ${first.batch}, ${significant(last.value)} at batch ${last.batch}.`;
  const svg = draw(alt, {
    height: 240,
    marginLeft: 48,
    marginBottom: 40,
    marginTop: 28,
    x: batchAxis(points),
    y: { label: `↑ ${curve.axis}`, grid: true, ticks: 5 },
    marks: [
      Plot.dot(points, { x: "batch", y: "value", r: 1.6, fill: colours.control, fillOpacity: 0.75, stroke: "none" }),
      Plot.lineY(
        points,
        Plot.windowY(
          { k: window, anchor: "middle", strict: false },
          { x: "batch", y: "value", stroke: colours.tuned, strokeWidth: 2 },
        ),
      ),
    ],
  });
  const smoothing = window > 1 ? ` Dots: single batches; line: mean of ${window} batches.` : "";
  return {
    title: curve.title,
    caption: `${curve.caption}${smoothing} Last batch: ${fixed(last.value, 3)}.`,
    svg,
  };
}
