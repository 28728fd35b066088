/** The figures of docs/dictionaries.md: what is explained by how many active features, and by how much training. */
import * as Plot from "@observablehq/plot";
import { draw } from "../../src/report/figures/figure.js";
import {
  fixed,
  groupsOf,
  isSparse,
  largestOf,
  MOST_ACTIVE,
  millions,
  type OverSeeds,
  type Summary,
} from "./summary.js";

/** Colours that colour-blind readers can tell apart; marks differ by their form too. */
const looks: readonly { colour: string; symbol: Plot.SymbolType }[] = [
  { colour: "#80868c", symbol: "square" },
  { colour: "#b4560b", symbol: "triangle" },
  { colour: "#0b63a5", symbol: "circle" },
  { colour: "#56a5e0", symbol: "diamond" },
  { colour: "#0b7a5b", symbol: "star" },
  { colour: "#b0338a", symbol: "times" },
  { colour: "#d08a00", symbol: "plus" },
  { colour: "#3b3f44", symbol: "wye" },
];

/** The look of each recipe, in the order in which they first come. */
function looksOf(rows: readonly Summary[]) {
  const names = [...new Set(rows.map(({ recipe }) => recipe))];
  return new Map(names.map((name, i) => [name, looks[i % looks.length]]));
}

const frame = {
  width: 760,
  // On a page of its own the picture may stand on any ground.
  style: { background: "white", color: "black", fontSize: "12px" },
  ...{ marginLeft: 48, marginBottom: 42, marginTop: 36, marginRight: 150 },
};

/** A log scale a little wider than the values, with the ticks within it. */
function logAxis(label: string, ticks: readonly number[], values: readonly number[]): Plot.ScaleOptions {
  const [low, high] = [0.85 * Math.min(...values), 1.15 * Math.max(...values)];
  const shown = ticks.filter((tick) => tick >= low && tick <= high);
  return { label, type: "log", labelAnchor: "right", domain: [low, high], ticks: shown, tickFormat: "d" };
}

/** Names in a column beside the plot, where no two can meet. */
function legend(rows: readonly Summary[], names = [...looksOf(rows).keys()]): Plot.Markish[] {
  return names.flatMap((name, i) => {
    const { colour, symbol } = looksOf(rows).get(name)!;
    const at = { frameAnchor: "top-right", facet: "super", dy: 8 + 19 * i } as const;
    return [
      Plot.dot([name], { ...at, dx: 14, symbol, stroke: colour, strokeWidth: 1.8 }),
      Plot.text([name], { ...at, dx: 25, text: [name], textAnchor: "start", lineAnchor: "middle", fill: "black" }),
    ];
  });
}

/** A point of a line: means over seeds, with one s.d. of y both ways. */
interface Point {
  readonly x: number;
  readonly y: OverSeeds;
  readonly facet?: string;
}

function line(points: readonly Point[], { colour, symbol }: (typeof looks)[number]): Plot.Markish[] {
  const at = { x: "x", y: ({ y }: Point) => y.mean, ...(points[0].facet !== undefined && { fx: "facet" }) };
  const spread = points.filter(({ y }) => Number.isFinite(y.deviation));
  return [
    Plot.line(points, { ...at, stroke: colour, strokeWidth: 1.2, strokeOpacity: 0.7 }),
    Plot.link(spread, {
      ...{ x1: "x", x2: "x", ...("fx" in at && { fx: at.fx }), stroke: colour },
      y1: ({ y }: Point) => y.mean - y.deviation,
      y2: ({ y }: Point) => y.mean + y.deviation,
    }),
    Plot.dot(points, { ...at, symbol, stroke: colour, fill: "white", fillOpacity: 0.6, strokeWidth: 1.8, r: 4 }),
  ];
}

/** Explained variance over L0: a panel per number of visits, a line per way of training through its sizes. */
export function frontierFigure(rows: readonly Summary[]): string {
  const looks = looksOf(rows);
  const visits = [...new Set(rows.map((row) => millions(row.visits)))];
  const pointOf = (row: Summary): Point => ({
    x: row.l0.mean,
    y: row.explainedVariance,
    facet: millions(row.visits),
  });
  const groups = groupsOf(rows);
  const wide = groups.map((sizes) => {
    const { recipe, visits, explainedVariance, l0 } = largestOf(sizes);
    return `${recipe} after ${millions(visits)} visits: ${fixed(explainedVariance.mean, 2)} with ${fixed(l0.mean, 0)}`;
  });
  return draw(`Explained variance over active features per token. Largest dictionaries: ${wide.join("; ")}.`, {
    ...frame,
    height: 340,
    fx: { label: "visits", domain: visits },
    x: logAxis(
      "active features per token (L0, log scale) →",
      [16, 64, 256],
      rows.map(({ l0 }) => l0.mean),
    ),
    y: { label: "↑ explained variance", grid: true },
    marks: [...groups.flatMap((sizes) => line(sizes.map(pointOf), looks.get(sizes[0].recipe)!)), ...legend(rows)],
  });
}

/** Explained variance of the largest dictionaries, where few features are active, over the processor time of training: a line per way through its visits. */
export function secondsFigure(rows: readonly Summary[]): string {
  const looks = looksOf(rows);
  const largest = groupsOf(rows).map(largestOf).filter(isSparse);
  const pointsOf = (name: string): Point[] =>
    largest.flatMap(({ recipe, cpuSeconds, explainedVariance }) =>
      recipe === name ? [{ x: cpuSeconds, y: explainedVariance }] : [],
    );
  const names = [...looks.keys()].filter((name) => pointsOf(name).length > 0);
  const words = names.map(
    (name) =>
      `${name}: ${pointsOf(name)
        .map(({ x, y }) => `${fixed(y.mean, 2)} in ${fixed(x, 0)} s`)
        .join(", ")}`,
  );
  return draw(
    `Explained variance over seconds of processor time, of dictionaries with at most ${MOST_ACTIVE} active features. ${words.join("; ")}.`,
    {
      ...frame,
      height: 340,
      x: logAxis(
        "processor seconds of training (log scale) →",
        [3, 5, 10, 20, 50, 100, 200, 500],
        names.flatMap((name) => pointsOf(name).map(({ x }) => x)),
      ),
      y: { label: "↑ explained variance", grid: true },
      marks: [...names.flatMap((name) => line(pointsOf(name), looks.get(name)!)), ...legend(rows, names)],
    },
  );
}
