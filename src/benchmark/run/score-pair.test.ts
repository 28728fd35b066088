import { expect, test } from "vitest";
import { normalTwoSidedP } from "../../stats/normal.js";
import { familyBound, scorePair } from "./score-pair.js";
import { summarise } from "./summarise.js";

const score = (value: number, half: number) => ({ value, low: value - half, high: value + half });
const scores = [
  { hypothesis: "a", score: score(-5, 1) },
  { hypothesis: "b", score: score(4, 3) },
  { hypothesis: "c", score: score(1, 2) },
  { hypothesis: "d", score: null },
  { hypothesis: "e", score: score(9, 1) },
];
const names = { pair: "p", method: "m" };

test("hypotheses are ranked by size, those left out do not count, and unsaid ones come last", () => {
  const found = scorePair(names, { seconds: 2, scores }, { truth: { a: 1, d: 1 }, leftOut: ["e"] }, 3.92);
  // a first, d last of a, b, c, d.
  expect(found.auroc).toBe(0.5);
  expect(found.averagePrecision).toBeCloseTo((1 + 2 / 4) / 2, 15);
  expect(found.rightSign).toBe(0);
  expect(found).toMatchObject({ ...names, seconds: 2, said: 3, beyond95: 2, beyondAll: 1 });
});

test("the share of right signs does not depend on the order of equal values", () => {
  // Eight are certain; two places are left for four ties, of which two are true and one of these has the right sign.
  const certain = Array.from({ length: 8 }, (_, i) => ({ hypothesis: `c${i}`, score: score(9, 1) }));
  const ties = ["right", "wrong", "false", "other"].map((hypothesis, i) => ({
    hypothesis,
    score: score(i === 0 ? 2 : -2, 1),
  }));
  const truth = { truth: { c0: 1, right: 1, wrong: 1 } as const, leftOut: [] };
  // 1 of c0 and 2/4 of both: (1 + 1/2) / (1 + 1)
  for (const last of [ties, [...ties].reverse()])
    expect(scorePair(names, { seconds: 1, scores: [...last, ...certain] }, truth, 3).rightSign).toBe(0.75);
  const zero = [...certain.slice(1), { hypothesis: "right", score: score(0, 1) }];
  expect(scorePair(names, { seconds: 1, scores: zero }, truth, 3).rightSign).toBe(null);
});

test("without a truth only what is said is counted", () => {
  const nothing = { recallAt10: null, averagePrecision: null, auroc: null, rightSign: null };
  expect(scorePair(names, { seconds: 0, scores }, undefined, 1.96)).toMatchObject({ ...nothing, said: 4, beyond95: 3 });
  expect(scorePair(names, { seconds: 0, scores }, { truth: {}, leftOut: [] }, 1.96)).toMatchObject(nothing);
});

test("the bound for many hypotheses is Bonferroni's", () => {
  expect(familyBound(1)).toBeCloseTo(1.959964, 6);
  expect(normalTwoSidedP(familyBound(285)) * 285).toBeCloseTo(0.05, 10);
});

test("the smallest dose is the last of the ladder down from the whole model; nulls count for false positives alone", () => {
  const methods = [{ name: "m", summary: "", unit: "" }];
  const pair = (name: string, truths: number, dose?: number) => ({
    ...{ name, organism: name, seed: 1, summary: "", truths, leftOut: 5, kl: 1 },
    dose: dose === undefined ? undefined : { of: "whole", dose },
  });
  const pairs = [pair("whole", 20), pair("half", 20, 0.5), pair("tenth", 20, 0.1), pair("null", 0)];
  const outcome = (name: string, auroc: number | null) => ({
    ...{ pair: name, method: "m", seconds: 1, recallAt10: auroc, averagePrecision: auroc, auroc, rightSign: null },
    ...{ said: 100, beyond95: 7, beyondAll: 1 },
  });
  const all = [outcome("whole", 0.9), outcome("half", 0.8), outcome("tenth", 0.6), outcome("null", null)];
  const { methods: rows, chance } = summarise(285, methods, pairs, all);
  expect(rows[0]).toMatchObject({ pairs: 3, nullPairs: 1, falseAt95: 0.07, falseAtAll: 0.01, smallestDose: 0.5 });
  expect(rows[0].auroc).toBeCloseTo(2.3 / 3, 12);
  expect(chance.averagePrecision).toBeCloseTo(20 / 280, 12);
  const weak = [outcome("whole", 0.6), outcome("half", 0.8), outcome("tenth", 0.9)];
  expect(summarise(285, methods, pairs, weak).methods[0].smallestDose).toBe(null);
});
