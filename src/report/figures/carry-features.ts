/** Figure: the share of the difference of two models that features carry, by their number, both ways. */
import * as Plot from "@observablehq/plot";
import type { CarryResults, Interval } from "../../results/results.js";
import { percent, sample } from "../format.js";
import { colours, draw, type Figure } from "./figure.js";

type Features = NonNullable<CarryResults["features"]>;
type SetName = Features["sets"][number]["set"];

interface Point extends Pick<Interval, "value" | "low" | "high"> {
  set: SetName;
  chosen: number;
  way: string;
}

const ways = { intoBase: "put into base", intoTuned: "taken from tuned" } as const;

const lines: Readonly<Record<SetName, { dash: string; symbol: string; colour: string }>> = {
  chosen: { dash: "", symbol: "circle", colour: colours.tuned },
  size: { dash: "", symbol: "square", colour: colours.base },
  frequency: { dash: "6 3", symbol: "diamond", colour: colours.control },
  random: { dash: "2 3", symbol: "triangle", colour: colours.control },
};

/** Chosen features and their controls over the number of features; undefined where no number was measured. */
export function carryFeaturesFigure(found: Features): Figure | undefined {
  const counts = [...new Set(found.sets.map(({ chosen }) => chosen))];
  if (counts.length === 0) return undefined;
  const points = found.sets.flatMap(({ set, chosen, ...shares }): Point[] =>
    (["intoBase", "intoTuned"] as const).map((way) => {
      const { value, low, high } = shares[way];
      return { set, chosen, way: ways[way], value, low, high };
    }),
  );
  const whole = found.wholes.find(({ of }) => of === "meanDifference")!;
  const means = (["intoBase", "intoTuned"] as const).map((way) => ({ way: ways[way], value: whole[way].value }));
  const alt = `Lines with 95% intervals. ${found.sets
    .map(
      ({ set, chosen, intoBase, intoTuned }) =>
        `${set}, ${chosen}: put into base ${percent(intoBase.value, 0)}, taken from tuned ${percent(intoTuned.value, 0)}`,
    )
    .join("; ")}.`;
  return {
    title: "How many features carry it",
    caption: `Share of what tuning changed that features of the shared dictionaries carry. Above: with the tuned model's values in the base model; below: with the base model's in the tuned one. Circles: features chosen on other prompts; squares: others that change as much; diamonds, dashed: as often active; triangles, dotted: random. Thin line: the mean difference of the MLP outputs, in place of features. 95% intervals over ${sample(found.contrast)}.`,
    svg: draw(alt, {
      height: 380,
      marginLeft: 52,
      marginRight: 20,
      marginTop: 26,
      marginBottom: 42,
      x: { type: "log", label: "features →", labelAnchor: "right", ticks: counts, tickFormat: String, inset: 10 },
      fy: { domain: Object.values(ways), label: null, axis: null, padding: 0.16 },
      y: { grid: true, ticks: 5, label: "↑ share of the difference", tickFormat: (value: number) => percent(value, 0) },
      color: { type: "identity" },
      marks: [
        Plot.ruleY([0], { stroke: "currentColor", strokeOpacity: 0.6 }),
        Plot.ruleY(means, { y: "value", fy: "way", stroke: "currentColor", strokeOpacity: 0.35 }),
        Plot.text(Object.values(ways), {
          fy: (way: string) => way,
          text: (way: string) => way,
          frameAnchor: "top-right",
          dy: -2,
          fontWeight: 600,
        }),
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
