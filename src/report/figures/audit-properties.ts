/** Figure: the unique share of the log-ratios' variance per property. */
import * as Plot from "@observablehq/plot";
import type { AuditExplanation } from "../../results/results.js";
import { propertyName } from "../audit-sentences.js";
import { percent, percentInterval, sample } from "../format.js";
import { colours, draw, type Figure } from "./figure.js";

const SHOWN = 12;

/** One point per property with its interval; chance is a line. Undefined without any variance. */
export function auditPropertiesFigure({ properties, chance, r2 }: AuditExplanation): Figure | undefined {
  if (r2.value === 0) return undefined;
  const points = properties.slice(0, SHOWN).map(({ name, unique, coefficient }) => ({
    name: propertyName(name),
    ...unique,
    liked: coefficient.value > 0,
  }));
  const alt = `Points with 95% intervals. ${points.map((point) => `${point.name}: ${percentInterval(point)}`).join("; ")}. Chance: ${percent(chance)}.`;
  return {
    title: "What explains the log-ratio",
    caption: `Share of the variance of log-ratios that a property explains and no other does, with 95% interval over ${sample(r2)}; the ${points.length} largest. Filled: the tuned model likes it; hollow: it dislikes it. Dashed: chance level.`,
    svg: draw(alt, {
      height: 70 + 26 * points.length,
      marginLeft: 112,
      marginRight: 24,
      marginTop: 12,
      marginBottom: 42,
      x: {
        label: "own share of the variance (%) →",
        labelAnchor: "right",
        percent: true,
        grid: true,
        ticks: 6,
        nice: true,
      },
      y: { type: "band", domain: points.map(({ name }) => name), label: null, tickSize: 0 },
      color: { type: "identity" },
      marks: [
        Plot.ruleX([chance], { stroke: colours.control, strokeDasharray: "4 3", strokeWidth: 1.5 }),
        Plot.ruleY(points, { x1: "low", x2: "high", y: "name", stroke: colours.tuned, strokeWidth: 2.5 }),
        Plot.dot(points, {
          x: "value",
          y: "name",
          fill: (point: (typeof points)[number]) => (point.liked ? colours.tuned : colours.surface),
          stroke: colours.tuned,
          strokeWidth: 1.5,
          r: 4.5,
        }),
      ],
    }),
  };
}
