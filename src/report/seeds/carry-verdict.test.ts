import { expect, test } from "vitest";
import { exampleRun } from "../../../test/support/example-run.js";
import { headlineMetrics } from "../../pipeline/sweep/headline-metrics.js";
import type { Results } from "../../results/results.js";
import { carryVerdict } from "./carry-verdict.js";

const SIZE = 0.2;

/** A run whose largest set of chosen features has these shares, and whose control has 20% +- 5%. */
function runWith(intoBase: number, intoTuned = intoBase): Results {
  const carry = structuredClone(exampleRun().results.carry!);
  const largest = Math.max(...carry.features!.sets.map(({ chosen }) => chosen));
  const interval = (value: number) => ({ value, low: value - 0.05, high: value + 0.05 });
  for (const set of carry.features!.sets.filter(({ chosen }) => chosen === largest)) {
    const isChosen = set.set === "chosen";
    Object.assign(set.intoBase, interval(isChosen ? intoBase : SIZE));
    Object.assign(set.intoTuned, interval(isChosen ? intoTuned : SIZE));
  }
  return { carry };
}
const verdictOf = (runs: readonly Results[]) => carryVerdict(headlineMetrics(runs));
const [clear, below] = [0.5, 0.22];

test("features carry it: above 0 in all seeds, and above the control of equal size in four of five", () => {
  expect(verdictOf([runWith(clear), runWith(clear), runWith(clear), runWith(clear), runWith(below)])).toBe(
    "Features carry it: above equally large changes of others when put into the base model in 4 of 5 seeds, when taken from the tuned model in 4 of 5 seeds.",
  );
});

test("no k features carry it: in three of five", () => {
  const found = verdictOf([runWith(clear), runWith(clear), runWith(clear), runWith(below), runWith(below)]);
  expect(found).toMatch(/^No k features carry it: .* put into the base model in 3 of 5 seeds,/);
});

test("no k features carry it: one seed has another sign", () => {
  const found = verdictOf([runWith(clear), runWith(clear), runWith(clear), runWith(clear), runWith(-clear)]);
  expect(found).toMatch(/^No k features carry it: .* in 4 of 5 seeds \(above 0 in 4\)/);
});

test("no k features carry it: only one way", () => {
  const found = verdictOf([runWith(clear, below), runWith(clear, below)]);
  expect(found).toMatch(
    /^No k features carry it: .* in 2 of 2 seeds, when taken from the tuned model in 0 of 2 seeds\./,
  );
});

test("a seed without a control of equal size does not count", () => {
  const without = runWith(clear);
  without.carry!.features!.sets = without.carry!.features!.sets.filter(({ set }) => set !== "size");
  expect(verdictOf([runWith(clear), runWith(clear), without])).toMatch(/^Features carry it: .* in 2 of 2 seeds/);
  expect(verdictOf([without, without])).toBeUndefined();
});

test("chosen features are compared with a control of their own number alone", () => {
  const without = runWith(clear);
  const { sets } = without.carry!.features!;
  const largest = Math.max(...sets.map(({ chosen }) => chosen));
  without.carry!.features!.sets = sets.filter(({ set, chosen }) => set !== "size" || chosen !== largest);
  const before = sets.findLast(({ set, chosen }) => set === "chosen" && chosen < largest)!;
  const metrics = headlineMetrics([without]);
  expect(metrics.find(({ id }) => id === "carryFeatures")!.values).toEqual([before.intoBase.value]);
});

test("nothing is said of one seed, or without features", () => {
  expect(verdictOf([runWith(clear)])).toBeUndefined();
  expect(verdictOf([runWith(clear), {}])).toBeUndefined();
  expect(verdictOf([{}, {}])).toBeUndefined();
});
