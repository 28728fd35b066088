/** Figure: one value per seed with the run's interval, and mean and spread over seeds. */
import * as Plot from "@observablehq/plot";
import type { HeadlineMetric } from "../../results/results.js";
import { colours, draw, type Figure } from "../figures/figure.js";
import { meanWithSpread, metricValue, sentence, verdict } from "./words.js";

/** Undefined for a metric that no run has. */
export function seedsFigure(
  title: string,
  metric: HeadlineMetric | undefined,
  seeds: readonly number[],
): Figure | undefined {
  if (!metric) return undefined;
  const points = seeds.flatMap((seed, i) => {
    const value = metric.values[i];
    const [low, high] = metric.intervals?.[i] ?? [value, value];
    return value === null ? [] : [{ name: `seed ${seed}`, value, low, high, text: metricValue(metric, value) }];
  });
  const { mean, standardDeviation } = metric;
  const band = standardDeviation === null ? [] : [{ x1: mean - standardDeviation, x2: mean + standardDeviation }];
  const alt = `Points with intervals. ${points.map(({ name, text }) => `${name}: ${text}`).join("; ")}. Mean and standard deviation: ${meanWithSpread(metric)}.`;
  const svg = draw(alt, {
    height: 56 + 34 * points.length,
    marginLeft: 80,
    marginRight: 24,
    marginTop: 16,
    marginBottom: 28,
    x: {
      label: null,
      grid: true,
      ticks: 5,
      nice: true,
      inset: 10,
      ...(metric.kind === "share" && { tickFormat: "~%" }),
    },
    y: { type: "band", domain: points.map(({ name }) => name), label: null, tickSize: 0, padding: 0.2 },
    marks: [
      Plot.rect(band, { x1: "x1", x2: "x2", fill: colours.tuned, fillOpacity: 0.13 }),
      Plot.ruleX([mean], { stroke: colours.tuned, strokeDasharray: "4 3" }),
      metric.signs ? Plot.ruleX([0], { stroke: "currentColor", strokeOpacity: 0.6 }) : null,
      Plot.ruleY(points, {
        x1: "low",
        x2: "high",
        y: "name",
        stroke: colours.tuned,
        strokeWidth: 2.5,
        strokeLinecap: "round",
      }),
      Plot.dot(points, { x: "value", y: "name", fill: colours.tuned, stroke: colours.surface, r: 5 }),
    ],
  } as Plot.PlotOptions);
  const words = verdict(metric);
  return {
    title,
    caption: `Points: runs, each with its 95% interval. Dashed and shaded: mean ± standard deviation between seeds, ${meanWithSpread(metric)}.${words ? ` ${sentence(words)}.` : ""}`,
    svg,
  };
}
