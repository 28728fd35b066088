/** Figure: frequency of activation where R predicts a high reward (paper, Table 6). */
import * as Plot from "@observablehq/plot";
import type { FrequencyResults, Interval, ModelRole } from "../../results/results.js";
import { percent, percentInterval } from "../format.js";
import { colours, draw, type Figure, roleNames } from "./figure.js";

interface Bar extends Interval {
  model: ModelRole;
  group: string;
}

/**
 * Bars with intervals per model: labelled features, features of the same frequency, all features.
 * Undefined without a model.
 */
export function frequencyFigure({ models }: FrequencyResults): Figure | undefined {
  const bars = models.flatMap(({ model, related, matchedFrequency, average }) => {
    const groups: [string, Interval | undefined][] = [
      ["labelled", related],
      ["matched", matchedFrequency],
      ["all", average],
    ];
    return groups.flatMap(([group, estimate]): Bar[] =>
      estimate && estimate.n > 0 ? [{ model, group, ...estimate }] : [],
    );
  });
  if (bars.length === 0) return undefined;
  const alt = `Bar chart of activation frequency. ${bars.map((bar) => `${roleNames[bar.model]}, ${bar.group}: ${percentInterval(bar)}`).join("; ")}.`;
  const svg = draw(alt, {
    height: 280,
    marginLeft: 46,
    marginTop: 32,
    marginBottom: 48,
    x: {
      label: null,
      domain: ["labelled", "matched", "all"].filter((group) => bars.some((bar) => bar.group === group)),
      padding: 0.28,
      tickSize: 0,
    },
    fx: {
      axis: null,
      domain: ["tuned", "base"].filter((model) => bars.some((bar) => bar.model === model)),
      padding: 0.12,
    },
    y: {
      label: "↑ active at (% of positions)",
      percent: true,
      grid: true,
      ticks: 5,
      domain: [0, 112 * Math.max(...bars.map(({ high }) => high))],
    },
    color: { type: "identity" },
    marks: [
      Plot.axisFx({
        anchor: "bottom",
        label: null,
        dy: 20,
        fontWeight: 600,
        tickFormat: (model: ModelRole) => roleNames[model],
      }),
      Plot.barY(bars, {
        fx: "model",
        x: "group",
        y: "value",
        fill: (bar: Bar) => (bar.group === "labelled" ? colours[bar.model] : colours.control),
        fillOpacity: (bar: Bar) => (bar.group === "all" ? 0.45 : 0.85),
      }),
      Plot.ruleX(bars, { fx: "model", x: "group", y1: "low", y2: "high", stroke: "currentColor", strokeWidth: 1.6 }),
      Plot.text(bars, {
        fx: "model",
        x: "group",
        y: "high",
        text: (bar: Bar) => percent(bar.value),
        dy: -8,
        fontVariant: "tabular-nums",
      }),
      Plot.ruleY([0], { stroke: "currentColor" }),
    ],
  });
  return {
    title: "Activation where R predicts a high reward",
    caption:
      "Share of the positions with high predicted reward at which a feature is active, mean over features, with 95% intervals over texts. Matched: features without the label of the same layers and similar frequency. All: the average feature.",
    svg,
  };
}
