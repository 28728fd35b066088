/**
 * Figures: reward before and after ablation, and the effect in comparison with control features
 * (paper, Table 5).
 */
import * as Plot from "@observablehq/plot";
import type { AblateResults, Interval } from "../../results/results.js";
import { type ControlNames, controlsOf } from "../ablation-controls.js";
import { interval, sample } from "../format.js";
import { colours, draw, type Figure } from "./figure.js";

/** Short names for the rows of a figure. */
const names: ControlNames = { random: "random", matchedFrequency: "same frequency", unlabelled: "not labelled" };

interface Row {
  name: string;
  estimate: Interval;
  colour: string;
}

/** Mean rewards with intervals: base model, tuned model before, tuned model after. */
export function ablationRewardFigure({ base, before, after }: AblateResults): Figure {
  const rows: Row[] = [
    { name: "base model", estimate: base, colour: colours.base },
    { name: "tuned, before", estimate: before, colour: colours.tuned },
    { name: "tuned, after", estimate: after, colour: colours.tuned },
  ];
  return {
    title: "Reward before and after ablation",
    caption: `Mean reward with 95% interval over ${sample(before)}. All three use the same prompts and random numbers.`,
    svg: drawRows(rows, "reward →"),
  };
}

/**
 * Change of the reward by ablating the labelled features, and each draw of every control. Undefined
 * when nothing was ablated.
 */
export function ablationEffectFigure(ablate: AblateResults): Figure | undefined {
  const { effect } = ablate;
  const controls = controlsOf(ablate, names);
  if (controls.length === 0) return undefined;
  const rows: Row[] = [
    { name: "labelled", estimate: effect, colour: colours.tuned },
    ...controls.map(({ name, control }) => ({ name, estimate: control.meanEffect, colour: colours.control })),
  ];
  const draws = controls.flatMap(({ name, control }) => control.draws.map(({ value }) => ({ name, value })));
  return {
    title: "Change of the reward by ablation",
    caption: `Reward after minus before, paired over ${sample(effect)}, with 95% intervals. Controls ablate the same number of other features. Ticks: single draws of a control; points: their mean.`,
    svg: drawRows(rows, "change of the reward →", draws),
  };
}

function drawRows(rows: readonly Row[], axis: string, draws: readonly { name: string; value: number }[] = []): string {
  const alt = `Points with 95% intervals. ${rows.map(({ name, estimate }) => `${name}: ${interval(estimate)}`).join("; ")}.`;
  const points = rows.map(({ name, colour, estimate }) => ({ name, colour, ...estimate }));
  return draw(alt, {
    height: 92 + 44 * rows.length,
    marginLeft: 112,
    marginRight: 24,
    marginTop: 16,
    marginBottom: 42,
    x: { label: axis, labelAnchor: "right", grid: true, ticks: 6, nice: true, inset: 10 },
    y: { type: "band", domain: rows.map(({ name }) => name), label: null, tickSize: 0, padding: 0.2 },
    marks: [
      Plot.ruleX([0], { stroke: "currentColor", strokeOpacity: 0.6 }),
      Plot.tickX(draws, { x: "value", y: "name", stroke: colours.control, strokeOpacity: 0.55, inset: 6 }),
      Plot.ruleY(points, {
        x1: "low",
        x2: "high",
        y: "name",
        stroke: "colour",
        strokeWidth: 2.5,
        strokeLinecap: "round",
      }),
      Plot.dot(points, { x: "value", y: "name", fill: "colour", stroke: colours.surface, r: 5 }),
      Plot.text(points, {
        x: "value",
        y: "name",
        text: (point: Interval) => interval(point),
        dy: -14,
        fontVariant: "tabular-nums",
        stroke: colours.surface,
        strokeWidth: 4,
        fill: "currentColor",
      }),
    ],
    color: { type: "identity" },
  } as Plot.PlotOptions);
}
