import { expect, test } from "vitest";
import { binomialTail } from "./null-runs.js";
import { areaUnderCurve, rankSumP } from "./rank-sum.js";

test("the area is the share of pairs in order", () => {
  expect(areaUnderCurve([3, 4], [1, 2])).toBe(1);
  expect(areaUnderCurve([1, 4], [2, 3])).toBe(0.5);
  expect(areaUnderCurve([2], [2, 1])).toBe(0.75);
});

test("the exact p-value is SciPy's mannwhitneyu(alternative='greater', method='exact')", () => {
  expect(rankSumP([3, 4], [1, 2])).toBeCloseTo(1 / 6, 12);
  expect(rankSumP([1, 2], [3, 4])).toBeCloseTo(1, 12);
  expect(rankSumP([5, 6, 7, 1.5], [1, 2, 3, 4, 5.5])).toBeCloseTo(0.14285714285714285, 12);
});

test("the binomial tail", () => {
  expect(binomialTail(20, 0, 0.05)).toBe(1);
  expect(1 - binomialTail(20, 4, 0.05)).toBeCloseTo(0.98409847, 8);
});
