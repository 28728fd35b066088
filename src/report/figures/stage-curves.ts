/** Figures: what a stage under way measures, over the work that it has done. */
import * as Plot from "@observablehq/plot";
import { significant, whole } from "../format.js";
import { colours, draw, type Figure } from "./figure.js";

/** Means over consecutive intervals of the work; `done` is where each ends. */
export interface MeasuredPoint {
  readonly done: number;
  readonly measures: Readonly<Record<string, number>>;
}

/** One figure per measure, in the order of their first points. @param unit what `done` counts */
export function stageCurves(points: readonly MeasuredPoint[], unit: string): Figure[] {
  const names = [...new Set(points.flatMap(({ measures }) => Object.keys(measures)))];
  return names.map((name) => {
    const own = points
      .map(({ done, measures }) => ({ done, value: measures[name] }))
      .filter(({ value }) => Number.isFinite(value));
    const last = own.at(-1);
    const reached = last ? `${significant(last.value)} after ${whole(last.done)} ${unit}` : "nothing yet";
    return {
      title: `${name[0].toUpperCase()}${name.slice(1)}`,
      caption: `Means of consecutive intervals, over all that is trained at once. Last: ${reached}.`,
      svg: draw(`Line chart of ${name} over ${own.length} intervals of ${unit}: ${reached}.`, {
        height: 240,
        marginLeft: 56,
        marginTop: 28,
        marginBottom: 40,
        x: { label: `${unit} →`, labelAnchor: "right", ticks: 4, tickFormat: (done: number) => whole(done) },
        y: { label: `↑ ${name}`, grid: true, ticks: 5, tickFormat: (value: number) => significant(value, 2) },
        marks: [Plot.lineY(own, { x: "done", y: "value", stroke: colours.tuned, strokeWidth: 2 })],
      }),
    };
  });
}
