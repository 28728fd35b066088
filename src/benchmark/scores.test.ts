import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ShapeError } from "../errors.js";
import { auroc, averagePrecision, type Ranked, recallAt, recallByChance } from "./scores.js";

interface Case {
  strengths: number[];
  truth: number[];
  auroc: number;
  averagePrecision: number;
}

const { cases } = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../test/golden/ranking/reference.json"), "utf8"),
) as { cases: Case[] };

const ranked = (strengths: readonly number[], truth: readonly number[]): Ranked[] =>
  strengths.map((strength, i) => ({ strength, isTrue: truth[i] === 1 }));

test.each(cases.map((one) => [one.strengths.length, one] as const))(
  "AUROC and average precision of %i hypotheses are scikit-learn's",
  (_, one) => {
    const given = ranked(one.strengths, one.truth);
    expect(auroc(given)).toBeCloseTo(one.auroc, 12);
    expect(averagePrecision(given)).toBeCloseTo(one.averagePrecision, 12);
  },
);

test("by hand: two true ones at places 1 and 3 of 4", () => {
  const given = ranked([9, 5, 4, 1], [1, 0, 1, 0]);
  // Of four pairs of true and false three are in order.
  expect(auroc(given)).toBe(3 / 4);
  expect(averagePrecision(given)).toBeCloseTo((1 + 2 / 3) / 2, 15);
  expect(recallAt(given, 1)).toBe(1);
  expect(recallAt(given, 2)).toBe(0.5);
});

test("ties on the border count by what an order by lot would take of them", () => {
  // Two places for three equal ones, one of which is true, after a true one.
  const given = ranked([9, 5, 5, 5, 1], [1, 1, 0, 0, 1]);
  expect(recallAt(given, 3)).toBeCloseTo((1 + 2 / 3) / 3, 15);
  const equal = ranked([0, 0, 0, 0], [1, 0, 0, 1]);
  expect(auroc(equal)).toBe(0.5);
  expect(averagePrecision(equal)).toBe(0.5);
  expect(recallAt(equal, 2)).toBe(0.5);
});

test("chance is the share of true ones; of few true ones as many as ten places take", () => {
  expect(recallByChance(20, 280, 10)).toBeCloseTo(20 / 280, 15);
  expect(recallByChance(1, 280, 10)).toBeCloseTo(10 / 280, 15);
});

test("a ranking without true or without false hypotheses is refused", () => {
  expect(() => auroc(ranked([1, 2], [0, 0]))).toThrow(ShapeError);
  expect(() => recallAt(ranked([1, 2], [1, 1]), 1)).toThrow("received 2 and 0");
});
