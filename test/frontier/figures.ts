/** The figures of docs/dictionaries.md: what is explained by how many active features, and by how much training. */
import * as Plot from "@observablehq/plot";
import { draw } from "../../src/report/figures/figure.js";
import { fixed, isSparse, MOST_ACTIVE, millions, type OverSeeds, over, secondsOver } from "./groups.js";
import type { MeasuredGroup } from "./measure.js";

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
function looksOf(groups: readonly MeasuredGroup[]) {
  const names = [...new Set(groups.map(({ recipe }) => recipe.name))];
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
function legend(groups: readonly MeasuredGroup[], names = [...looksOf(groups).keys()]): Plot.Markish[] {
  return names.flatMap((name, i) => {
    const { colour, symbol } = looksOf(groups).get(name)!;
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
export function frontierFigure(groups: readonly MeasuredGroup[]): string {
  const looks = looksOf(groups);
  const visits = [...new Set(groups.map(({ visits }) => millions(visits)))];
  const pointsOf = (group: MeasuredGroup): Point[] =>
    group.cells[0].measured.map(({ name }) => ({
      x: over(group, name, ({ l0 }) => l0).mean,
      y: over(group, name, ({ explainedVariance }) => explainedVariance),
      facet: millions(group.visits),
    }));
  const wide = groups.map((group) => {
    const { x, y } = pointsOf(group).at(-1)!;
    return `${group.recipe.name} after ${millions(group.visits)} visits: ${fixed(y.mean, 2)} with ${fixed(x, 0)}`;
  });
  return draw(`Explained variance over active features per token. Largest dictionaries: ${wide.join("; ")}.`, {
    ...frame,
    height: 340,
    fx: { label: "visits", domain: visits },
    x: logAxis(
      "active features per token (L0, log scale) →",
      [16, 64, 256],
      groups.flatMap((group) => pointsOf(group).map(({ x }) => x)),
    ),
    y: { label: "↑ explained variance", grid: true },
    marks: [...groups.flatMap((group) => line(pointsOf(group), looks.get(group.recipe.name)!)), ...legend(groups)],
  });
}

/** Explained variance of the largest dictionaries, where few features are active, over the processor time of training: a line per way through its visits. */
export function secondsFigure(groups: readonly MeasuredGroup[]): string {
  const looks = looksOf(groups);
  const pointsOf = (name: string): Point[] =>
    groups
      .filter((group) => group.recipe.name === name && isSparse(group))
      .map((group) => ({
        x: secondsOver(group).mean,
        y: over(group, group.cells[0].measured.at(-1)!.name, ({ explainedVariance }) => explainedVariance),
      }));
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
      marks: [...names.flatMap((name) => line(pointsOf(name), looks.get(name)!)), ...legend(groups, names)],
    },
  );
}
