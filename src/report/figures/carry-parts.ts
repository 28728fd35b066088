/** Figure: the share of the difference of two models that each part gives or takes, both ways. */
import * as Plot from "@observablehq/plot";
import type { CarryResults, Interval } from "../../results/results.js";
import { percent, sample } from "../format.js";
import { partName } from "../part-names.js";
import { colours, draw, type Figure } from "./figure.js";

type Kind = "attention" | "MLP" | "other";

interface Point extends Pick<Interval, "value" | "low" | "high"> {
  /** Column: a layer, or a part outside of layers. */
  place: string;
  kind: Kind;
  way: string;
}

const ways = { intoBase: "put into base", intoTuned: "taken from tuned" } as const;

/** Beside each other where one layer has both. */
const marks: readonly { kind: Kind; symbol: string; colour: string; dx: number }[] = [
  { kind: "attention", symbol: "circle", colour: colours.tuned, dx: -5 },
  { kind: "MLP", symbol: "square", colour: colours.base, dx: 5 },
  { kind: "other", symbol: "diamond", colour: colours.control, dx: 0 },
];

/** One column per layer with attention and MLP, and one for each part outside of layers. */
export function carryPartsFigure({ parts, together }: CarryResults): Figure {
  const places = [...new Set(parts.map(placeOf))];
  const points = parts.flatMap((part): Point[] =>
    (["intoBase", "intoTuned"] as const).map((way) => {
      const { value, low, high } = part[way].share;
      const kind = part.module === "attention" ? "attention" : part.module === "mlp" ? "MLP" : "other";
      return { place: placeOf(part), kind, way: ways[way], value, low, high };
    }),
  );
  const alt = `Points with 95% intervals. ${parts
    .map(
      (part) =>
        `${partName(part)}: put into base ${percent(part.intoBase.share.value, 0)}, taken from tuned ${percent(part.intoTuned.share.value, 0)}`,
    )
    .join("; ")}.`;
  return {
    title: "Where the learned reward sits",
    caption: `Share of what tuning changed that one part carries alone. Above: the tuned model's part in the base model gives so much of it. Below: the base model's part in the tuned model takes so much away. Circles: attention; squares: MLPs; diamonds: parts outside of layers. With 95% intervals over ${sample(parts[0]?.intoBase.share)}. All single parts together give ${percent(together.intoBase.sum.value, 0)} and take ${percent(together.intoTuned.sum.value, 0)}.`,
    svg: draw(alt, {
      height: 360,
      marginLeft: 52,
      marginRight: 20,
      marginTop: 26,
      marginBottom: 42,
      x: { type: "band", domain: places, label: "layer →", labelAnchor: "right", tickSize: 0 },
      fy: { domain: Object.values(ways), label: null, axis: null, padding: 0.16 },
      y: { grid: true, ticks: 5, label: "↑ share of the difference", tickFormat: (value: number) => percent(value, 0) },
      color: { type: "identity" },
      marks: [
        Plot.ruleY([0], { stroke: "currentColor", strokeOpacity: 0.6 }),
        Plot.text(Object.values(ways), {
          fy: (way: string) => way,
          text: (way: string) => way,
          frameAnchor: "top-right",
          dy: -2,
          fontWeight: 600,
        }),
        ...marks.flatMap(({ kind, symbol, colour, dx }) => {
          const own = points.filter((point) => point.kind === kind);
          return [
            Plot.ruleX(own, { x: "place", y1: "low", y2: "high", fy: "way", dx, stroke: colour, strokeWidth: 2 }),
            Plot.dot(own, {
              x: "place",
              y: "value",
              fy: "way",
              dx,
              symbol,
              fill: colour,
              stroke: colours.surface,
              r: 4.5,
            }),
          ];
        }),
      ],
    } as Plot.PlotOptions),
  };
}

const placeOf = (part: CarryResults["parts"][number]): string =>
  part.layer === null ? partName(part) : String(part.layer);
