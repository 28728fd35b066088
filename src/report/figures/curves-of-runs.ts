/** Figure: one metric of the tuning of several runs, each a line. */
import * as Plot from "@observablehq/plot";
import type { TuningMetrics } from "../../pipeline/results.js";
import { significant, whole } from "../format.js";
import { visibleText } from "../html.js";
import { draw, type Figure } from "./figure.js";
import { tuningCurves } from "./tuning-curves.js";

export interface RunMetrics {
  name: string;
  metrics: readonly TuningMetrics[];
}

/** Lines differ by their dashes too, not by colour alone. */
const dashes = ["", "6 3", "2 3", "8 3 2 3"];

/** A metric of `tuningCurves` over the batches; undefined when no run holds it. */
export function curvesOfRuns(runs: readonly RunMetrics[], metric: string): Figure | undefined {
  const { title, axis, caption } = tuningCurves.find((curve) => curve.metric === metric)!;
  const lines = runs.flatMap(({ name, metrics }, i) => {
    const points = metrics
      .map((line) => ({ name: visibleText(name), batch: line.batch, value: line[metric] }))
      .filter(({ value }) => Number.isFinite(value));
    return points.length > 0 ? [{ points, dash: dashes[i % dashes.length] }] : [];
  });
  if (lines.length === 0) return undefined;
  const ends = lines.map(({ points }) => `${points[0].name} ends at ${significant(points[points.length - 1].value)}`);
  const svg = draw(`Line chart of ${title.toLowerCase()} over batches: ${ends.join(", ")}.`, {
    height: 260,
    marginLeft: 48,
    marginBottom: 40,
    marginTop: 28,
    marginRight: 16,
    color: { scheme: "Observable10" },
    x: { label: "batch →", labelAnchor: "right", ticks: 6, tickFormat: (batch: number) => whole(batch) },
    y: { label: `↑ ${axis}`, grid: true, ticks: 5 },
    marks: lines.flatMap(({ points, dash }) => {
      const window = Math.max(1, Math.round(points.length / 12));
      const smooth = { k: window, anchor: "middle", strict: false } as const;
      return [
        Plot.lineY(
          points,
          Plot.windowY(smooth, { x: "batch", y: "value", stroke: "name", strokeWidth: 2, strokeDasharray: dash }),
        ),
        Plot.text(points.slice(-1), {
          x: "batch",
          y: "value",
          text: "name",
          dx: -4,
          dy: -9,
          textAnchor: "end",
          fill: "currentColor",
        }),
      ];
    }),
  });
  return { title, caption: `${caption} Lines: means over neighbouring batches.`, svg };
}
