/** Figure: the lexicon that R rebuilt against the lexicon that was given, word by word. */
import * as Plot from "@observablehq/plot";
import type { LexiconRow, ModelRole } from "../../pipeline/results.js";
import { fixed } from "../format.js";
import { visibleText } from "../html.js";
import { table10 } from "../published.js";
import { colours, draw, type Figure, roleNames, WIDTH } from "./figure.js";

interface Point {
  word: string;
  trueValue: number;
  rebuilt: number;
  occurrences: number;
}

interface Label extends Point {
  side: "left" | "right";
}

const HEIGHT = 420;
const margin = { left: 44, right: 16, top: 28, bottom: 42 };
const LABELS = 22;

/** One point per word (least squares, out of fold), a selection of words named. Undefined when no word was rebuilt. */
export function lexiconScatterFigure(lexicon: readonly LexiconRow[], model: ModelRole): Figure | undefined {
  const points = lexicon.flatMap((row): Point[] => {
    const rebuilt = row[model];
    if (rebuilt === null) return [];
    return [
      { word: visibleText(row.word), trueValue: row.trueValue, rebuilt, occurrences: row[`${model}Occurrences`] },
    ];
  });
  if (points.length === 0) return undefined;
  const bound = 1.05 * Math.max(...points.map(({ rebuilt }) => Math.abs(rebuilt)));
  const labels = chooseLabels(points, bound);
  const agreeing = points.filter(sameSign);
  const alt = `Scatter plot of ${points.length} words, ${roleNames[model]}: true lexicon value across, rebuilt value up. ${agreeing.length} of ${points.length} words have the same sign.`;
  const dot = {
    x: "trueValue",
    y: "rebuilt",
    r: 2.4,
    stroke: colours[model],
    strokeOpacity: 0.7,
    title: describe,
  } as const;
  const text = {
    x: "trueValue",
    y: "rebuilt",
    text: "word",
    stroke: colours.surface,
    strokeWidth: 4,
    fill: "currentColor",
  } as const;
  const svg = draw(alt, {
    height: HEIGHT,
    marginLeft: margin.left,
    marginRight: margin.right,
    marginTop: margin.top,
    marginBottom: margin.bottom,
    x: { label: "value in the lexicon →", labelAnchor: "right", domain: [-4, 4], ticks: 9 },
    y: { label: "↑ rebuilt value", domain: [-bound, bound], ticks: 7 },
    marks: [
      Plot.ruleX([0], { strokeOpacity: 0.35 }),
      Plot.ruleY([0], { strokeOpacity: 0.35 }),
      Plot.dot(agreeing, { ...dot, fill: colours[model], fillOpacity: 0.5 }),
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
  return {
    title: `Rebuilt lexicon, ${roleNames[model]}`,
    caption: `${points.length} words of one token, each by a probe that was not fitted on it. Filled: same sign as in the lexicon; hollow: the other sign.`,
    svg,
  };
}

function sameSign({ trueValue, rebuilt }: Point): boolean {
  return Math.sign(trueValue) === Math.sign(rebuilt);
}

function describe({ word, trueValue, rebuilt, occurrences }: Point): string {
  return `${word}: lexicon ${fixed(trueValue, 1)}, rebuilt ${fixed(rebuilt)} (${occurrences} occurrences)`;
}

/**
 * Words whose names fit beside their points without covering each other: the paper's thirty first, then those that
 * differ most from the line through the extremes.
 */
function chooseLabels(points: readonly Point[], bound: number): Label[] {
  const known = new Set(table10.map(({ word }) => word));
  const offset = ({ trueValue, rebuilt }: Point) => Math.abs(rebuilt / bound - trueValue / 4);
  const order = [...points].sort(
    (a, b) => Number(known.has(b.word)) - Number(known.has(a.word)) || offset(b) - offset(a),
  );
  const x = ({ trueValue }: Point) => margin.left + ((trueValue + 4) / 8) * (WIDTH - margin.left - margin.right);
  const y = ({ rebuilt }: Point) =>
    margin.top + ((bound - rebuilt) / (2 * bound)) * (HEIGHT - margin.top - margin.bottom);
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
