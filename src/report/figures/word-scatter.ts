/** Drawing: one value per word against the word's value in the given lexicon. */
import * as Plot from "@observablehq/plot";
import { table10 } from "../../paper/published.js";
import { fixed } from "../format.js";
import { visibleText } from "../html.js";
import { colours, draw, WIDTH } from "./figure.js";

/** A word with its value in the lexicon and another value to compare with it. */
export interface WordPoint {
  word: string;
  trueValue: number;
  value: number;
  /** The evidence for the value, e.g. "12 occurrences". */
  support: string;
}

interface Label extends WordPoint {
  side: "left" | "right";
}

const HEIGHT = 420;
const margin = { left: 44, right: 16, top: 28, bottom: 42 };
const LABELS = 22;

export interface WordScatter {
  /** The value's name in a word's tooltip, e.g. "rebuilt". */
  valueName: string;
  /** The value's name at the axis, e.g. "rebuilt value". */
  axis: string;
  colour: string;
  /** The picture in words; counts are added. */
  alt: string;
}

/**
 * One point per word, some labelled. Filled: same sign as in the lexicon; hollow: the other sign.
 */
export function drawWordScatter(given: readonly WordPoint[], { valueName, axis, colour, alt }: WordScatter): string {
  const points = given.map((point) => ({ ...point, word: visibleText(point.word) }));
  const bound = 1.05 * Math.max(...points.map(({ value }) => Math.abs(value)));
  const labels = chooseLabels(points, bound);
  const agreeing = points.filter(sameSign);
  const counted = `Scatter plot of ${points.length} words, ${alt}: true lexicon value across, ${axis} up. ${agreeing.length} of ${points.length} words have the same sign.`;
  const dot = {
    x: "trueValue",
    y: "value",
    r: 2.4,
    stroke: colour,
    strokeOpacity: 0.7,
    title: ({ word, trueValue, value, support }: WordPoint) =>
      `${word}: lexicon ${fixed(trueValue, 1)}, ${valueName} ${fixed(value)} (${support})`,
  } as const;
  const text = {
    x: "trueValue",
    y: "value",
    text: "word",
    stroke: colours.surface,
    strokeWidth: 4,
    fill: "currentColor",
  } as const;
  return draw(counted, {
    height: HEIGHT,
    marginLeft: margin.left,
    marginRight: margin.right,
    marginTop: margin.top,
    marginBottom: margin.bottom,
    x: { label: "value in the lexicon →", labelAnchor: "right", domain: [-4, 4], ticks: 9 },
    y: { label: `↑ ${axis}`, domain: [-bound, bound], ticks: 7 },
    marks: [
      Plot.ruleX([0], { strokeOpacity: 0.35 }),
      Plot.ruleY([0], { strokeOpacity: 0.35 }),
      Plot.dot(agreeing, { ...dot, fill: colour, fillOpacity: 0.5 }),
      Plot.dot(
        points.filter((point) => !sameSign(point)),
        { ...dot, fill: "none" },
      ),
      Plot.text(
        labels.filter(({ side }) => side === "right"),
        { ...text, textAnchor: "start", dx: 6 },
      ),
      Plot.text(
        labels.filter(({ side }) => side === "left"),
        { ...text, textAnchor: "end", dx: -6 },
      ),
    ],
  });
}

function sameSign({ trueValue, value }: WordPoint): boolean {
  return Math.sign(trueValue) === Math.sign(value);
}

/**
 * Words whose labels do not overlap: first the paper's thirty words, then those furthest from the
 * line through the extremes.
 */
function chooseLabels(points: readonly WordPoint[], bound: number): Label[] {
  const known = new Set(table10.map(({ word }) => word));
  const offset = ({ trueValue, value }: WordPoint) => Math.abs(value / bound - trueValue / 4);
  const order = [...points].sort(
    (a, b) => Number(known.has(b.word)) - Number(known.has(a.word)) || offset(b) - offset(a),
  );
  const x = ({ trueValue }: WordPoint) => margin.left + ((trueValue + 4) / 8) * (WIDTH - margin.left - margin.right);
  const y = ({ value }: WordPoint) =>
    margin.top + ((bound - value) / (2 * bound)) * (HEIGHT - margin.top - margin.bottom);
  const taken: { left: number; right: number; y: number }[] = [];
  const labels: Label[] = [];
  for (const point of order) {
    if (labels.length === LABELS) break;
    const width = 7 * point.word.length;
    for (const side of ["right", "left"] as const) {
      const left = side === "right" ? x(point) + 5 : x(point) - 5 - width;
      const box = { left, right: left + width, y: y(point) };
      const fits = box.left > margin.left && box.right < WIDTH;
      const free = taken.every(
        (other) => box.right < other.left || box.left > other.right || Math.abs(box.y - other.y) > 14,
      );
      if (!fits || !free) continue;
      taken.push(box);
      labels.push({ ...point, side });
      break;
    }
  }
  return labels;
}
