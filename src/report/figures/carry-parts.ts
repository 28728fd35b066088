/** Figure: the share of the models' difference that each part carries, in both directions. */
import * as Plot from "@observablehq/plot";
import type { CarryResults } from "../../results/results.js";
import { percent, sample } from "../format.js";
import { partName } from "../part-names.js";
import { bothWays, sharesInWords, type WayPoint, wayOptions, zeroAndNames } from "./carry-ways.js";
import { colours, draw, type Figure } from "./figure.js";

type Kind = "attention" | "MLP" | "other";

interface Point extends WayPoint {
  /** Column: a layer, or a part outside of blocks. */
  readonly place: string;
  readonly kind: Kind;
}

/** Attention and MLP of one layer are side by side. */
const marks: readonly { kind: Kind; symbol: string; colour: string; dx: number }[] = [
  { kind: "attention", symbol: "circle", colour: colours.tuned, dx: -5 },
  { kind: "MLP", symbol: "square", colour: colours.base, dx: 5 },
  { kind: "other", symbol: "diamond", colour: colours.control, dx: 0 },
];

const sharesOf = ({ intoBase, intoTuned }: CarryResults["parts"][number]) => ({
  intoBase: intoBase.share,
  intoTuned: intoTuned.share,
});

/** One column per layer with attention and MLP, and one for each part outside of blocks. */
export function carryPartsFigure({ parts, together }: Pick<CarryResults, "parts" | "together">, title: string): Figure {
  const places = [...new Set(parts.map(placeOf))];
  const points = parts.flatMap((part): Point[] => {
    const kind = part.module === "attention" ? "attention" : part.module === "mlp" ? "MLP" : "other";
    return bothWays(sharesOf(part)).map((point) => ({ place: placeOf(part), kind, ...point }));
  });
  const alt = `Points with 95% intervals. ${parts
    .map((part) => `${partName(part)}: ${sharesInWords(sharesOf(part))}`)
    .join("; ")}.`;
  const { zero, names } = zeroAndNames();
  return {
    title,
    caption: `Share of what tuning changed that one part carries alone. Above: the tuned model's part in the base model gives so much of it. Below: the base model's part in the tuned model takes so much away. Circles: attention; squares: MLPs; diamonds: parts outside of layers. With 95% intervals over ${sample(parts[0]?.intoBase.share)}. All single parts together give ${percent(together.intoBase.sum.value, 0)} and take ${percent(together.intoTuned.sum.value, 0)}.`,
    svg: draw(alt, {
      ...wayOptions,
      height: 360,
      x: { type: "band", domain: places, label: "layer →", labelAnchor: "right", tickSize: 0 },
      marks: [
        zero,
        names,
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
