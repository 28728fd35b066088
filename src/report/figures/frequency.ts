/** Figure: how often features fire where R predicts a high reward (paper, Table 6). */
import * as Plot from "@observablehq/plot";
import type { FrequencyResults, Interval, ModelRole } from "../../pipeline/results.js";
import { percent, percentInterval } from "../format.js";
import { colours, draw, type Figure, roleNames } from "./figure.js";

interface Bar extends Interval {
  model: ModelRole;
  group: string;
}

/** Bars with intervals per model: labelled features, others of the same frequency, all. Undefined without a model. */
export function frequencyFigure({ models }: FrequencyResults): Figure | undefined {
  const bars = models.flatMap(({ model, related, matchedFrequency, average }) => {
    const groups: [string, Interval | undefined][] = [
      ["labelled", related],
      ["same frequency", matchedFrequency],
      ["all features", average],
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
    marginBottom: 34,
    x: {
      label: null,
      domain: ["labelled", "same frequency", "all features"].filter((group) => bars.some((bar) => bar.group === group)),
      padding: 0.28,
      tickSize: 0,
    },
    fx: {
      label: null,
      axis: "bottom",
      tickPadding: 20,
      domain: ["tuned", "base"].filter((model) => bars.some((bar) => bar.model === model)),
      tickFormat: (model: ModelRole) => roleNames[model],
      padding: 0.12,
    },
    y: { label: "↑ active at (% of positions)", percent: true, grid: true, ticks: 5 },
    color: { type: "identity" },
    marks: [
      Plot.barY(bars, {
        fx: "model",
        x: "group",
        y: "value",
        fill: (bar: Bar) => (bar.group === "labelled" ? colours[bar.model] : colours.control),
        fillOpacity: (bar: Bar) => (bar.group === "all features" ? 0.45 : 0.85),
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
      "Share of high-reward positions on which a feature is active, mean over features, with 95% intervals over texts. Grey: unrelated features of the same layers that are active about as often, and all features.",
    svg,
  };
}
