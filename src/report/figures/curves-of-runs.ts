/** Figure: one metric of tuning, with a line per run. */
import * as Plot from "@observablehq/plot";
import type { TuningMetrics } from "../../results/results.js";
import { significant } from "../format.js";
import { visibleText } from "../html.js";
import { colours, draw, type Figure } from "./figure.js";
import { batchAxis, tuningCurves } from "./tuning-curves.js";

export interface RunMetrics {
  name: string;
  metrics: readonly TuningMetrics[];
}

/** Lines differ by dashes as well as by colour. */
const strokes = [
  { stroke: colours.tuned, dash: "" },
  { stroke: colours.base, dash: "6 3" },
  { stroke: colours.control, dash: "2 3" },
  { stroke: "currentColor", dash: "8 3 2 3" },
];

/** A metric of `tuningCurves` over the batches; undefined when no run has it. */
export function curvesOfRuns(runs: readonly RunMetrics[], metric: string): Figure | undefined {
  const { title, axis, caption } = tuningCurves.find((curve) => curve.metric === metric)!;
  const lines = runs.flatMap(({ name, metrics }, i) => {
    const points = metrics
      .map((line) => ({ name: visibleText(name), batch: line.batch, value: line[metric] }))
      .filter(({ value }) => Number.isFinite(value));
    return points.length > 0 ? [{ points, ...strokes[i % strokes.length] }] : [];
  });
  if (lines.length === 0) return undefined;
  const ends = lines.map(({ points }) => `${points[0].name} ends at ${significant(points[points.length - 1].value)}`);
  const svg = draw(`Line chart of ${title.toLowerCase()} over batches: ${ends.join(", ")}.`, {
    height: 260,
    marginLeft: 48,
    marginBottom: 40,
    marginTop: 28,
    marginRight: 16,
    insetTop: 14 * lines.length,
    x: batchAxis(lines.flatMap(({ points }) => points)),
    y: { label: `↑ ${axis}`, grid: true, ticks: 5 },
    marks: lines.flatMap(({ points, stroke, dash }, i) => {
      const window = Math.max(1, Math.round(points.length / 12));
      const smooth = { k: window, anchor: "middle", strict: false } as const;
      const line = { x: "batch", y: "value", stroke, strokeWidth: 2, strokeDasharray: dash };
      const mark = dash === "" ? "—" : "- -";
      return [
        Plot.lineY(points, Plot.windowY(smooth, line)),
        Plot.text([`${mark} ${points[0].name}`], { frameAnchor: "top-left", dx: 8, dy: 14 * i, fill: stroke }),
      ];
    }),
  });
  return { title, caption: `${caption} Lines: means over neighbouring batches.`, svg };
}
