/** Figure: shares of the models' difference that sets of features carry, in both directions. */
import * as Plot from "@observablehq/plot";
import type { CarryResults } from "../../results/results.js";
import { sample } from "../format.js";
import { bothWays, sharesInWords, wayOptions, zeroAndNames } from "./carry-ways.js";
import { colours, draw, type Figure } from "./figure.js";

type Features = NonNullable<CarryResults["features"]>;
type SetName = Features["sets"][number]["set"];

const lines: Readonly<Record<SetName, { dash: string; symbol: string; colour: string }>> = {
  chosen: { dash: "", symbol: "circle", colour: colours.tuned },
  size: { dash: "", symbol: "square", colour: colours.base },
  frequency: { dash: "6 3", symbol: "diamond", colour: colours.control },
  random: { dash: "2 3", symbol: "triangle", colour: colours.control },
};

/** Shares of chosen features and controls by their number; undefined without measurements. */
export function carryFeaturesFigure(found: Features): Figure | undefined {
  const counts = [...new Set(found.sets.map(({ chosen }) => chosen))];
  if (counts.length === 0) return undefined;
  const points = found.sets.flatMap(({ set, chosen, ...shares }) =>
    bothWays(shares).map((point) => ({ set, chosen, ...point })),
  );
  const whole = found.wholes.find(({ of }) => of === "meanDifference")!;
  const means = bothWays(whole);
  const alt = `Lines with 95% intervals. ${found.sets
    .map(({ set, chosen, ...shares }) => `${set}, ${chosen}: ${sharesInWords(shares)}`)
    .join("; ")}.`;
  const { zero, names } = zeroAndNames();
  return {
    title: "How many features carry it",
    caption: `Share of what tuning changed that features of the shared dictionaries carry. Above: with the tuned model's values in the base model; below: with the base model's in the tuned one. Circles: features chosen on other prompts; squares: others that change as much; diamonds, dashed: as often active; triangles, dotted: random. Thin line: the mean difference of the MLP outputs, in place of features. 95% intervals over ${sample(found.contrast)}.`,
    svg: draw(alt, {
      ...wayOptions,
      height: 380,
      x: { type: "log", label: "features →", labelAnchor: "right", ticks: counts, tickFormat: String, inset: 10 },
      marks: [
        zero,
        Plot.ruleY(means, { y: "value", fy: "way", stroke: "currentColor", strokeOpacity: 0.35 }),
        names,
        ...(Object.keys(lines) as SetName[]).reverse().flatMap((set) => {
          const own = points.filter((point) => point.set === set);
          const { dash, symbol, colour } = lines[set];
          const at = { x: "chosen", fy: "way" };
          return [
            Plot.areaY(own, { ...at, y1: "low", y2: "high", fill: colour, fillOpacity: 0.12 }),
            Plot.lineY(own, { ...at, y: "value", stroke: colour, strokeWidth: 2, strokeDasharray: dash }),
            Plot.dot(own, { ...at, y: "value", symbol, fill: colour, stroke: colours.surface, r: 4 }),
          ];
        }),
      ],
    } as Plot.PlotOptions),
  };
}
