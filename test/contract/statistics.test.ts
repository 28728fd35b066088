/** Statistics of data that are tied, degenerate or ill-conditioned, against SciPy and scikit-learn. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Rng } from "../../src/rng.js";
import { assignment } from "../../src/stats/assignment.js";
import { bootstrap } from "../../src/stats/bootstrap.js";
import { kendallTau } from "../../src/stats/kendall-tau.js";
import { leastSquares } from "../../src/stats/linear/least-squares.js";
import type { LinearModel } from "../../src/stats/linear/linear-model.js";
import { ridge } from "../../src/stats/linear/ridge.js";
import { quantile } from "../../src/stats/quantile.js";
import { noteDifference } from "../support/expect-close.js";

interface Hard {
  resamples: number;
  intervals: { name: string; lists: number[][]; value: number; low: number; high: number }[];
  taus: { name: string; x: number[]; y: number[]; tau: number; pValue: number }[];
  fits: {
    name: string;
    x: number[][];
    y: number[];
    condition: number;
    coefficients: number[];
    predictions: number[];
    ridge: { strength: number; condition: number; coefficients: number[]; predictions: number[] }[];
  }[];
  validation: { x: number[][]; y: number[]; folds: number[]; strengths: number[]; errors: number[] };
  assignments: { name: string; weights: number[][]; most: number; least: number; columns?: number[] }[];
}
const hard = JSON.parse(readFileSync(new URL("../golden/stats/hard.json", import.meta.url), "utf8")) as Hard;

/** The largest difference is at most `bound` times the largest expected size. */
function expectNear(received: ArrayLike<number>, expected: readonly number[], bound: number, what: string): void {
  expect(received.length).toBe(expected.length);
  const size = Math.max(...expected.map(Math.abs), Number.MIN_VALUE);
  const worst = Math.max(...expected.map((value, i) => Math.abs(received[i] - value))) / size;
  noteDifference(what, worst, bound);
  expect(worst, what).toBeLessThanOrEqual(bound);
}

/** Condition numbers below these. Ridge works on normal equations, whose condition number is the square. */
const WELL_CONDITIONED = { leastSquares: 1e5, ridge: 1e3 };

/** Coefficients and predictions to 1e-10 where double precision determines them, otherwise predictions to 1e-6. */
function expectFit(
  model: LinearModel,
  x: number[][],
  expected: { coefficients: number[]; predictions: number[] },
  wellConditioned: boolean,
): void {
  expectNear(model.predict(x), expected.predictions, wellConditioned ? 1e-10 : 1e-6, "predictions");
  if (wellConditioned) expectNear(model.coefficients, expected.coefficients, 1e-10, "coefficients");
}

describe("intervals over the resamples that SciPy's bootstrap was given", () => {
  const statistics: Record<string, (...lists: number[][]) => number> = {
    median: (x) => quantile(x, 0.5),
    difference: (a, b) => a.reduce((sum, value, i) => sum + (value - b[i]), 0) / a.length,
    tau: (a, b) => kendallTau(a, b).tau,
    mean: (x) => x.reduce((sum, value) => sum + value, 0) / x.length,
  };
  test.each(hard.intervals.map((item) => [item.name, item] as const))("%s", (name, { lists, value, low, high }) => {
    const statistic = statistics[name.split(/[ ,]/, 1)[0]];
    const n = lists[0].length;
    let drawn = 0;
    // Only `integer` is asked for: the formula of record_hard.py.
    const rng = {
      integer: (below: number) => {
        const [r, i] = [Math.floor(drawn / n), drawn % n];
        drawn++;
        return ((r * (r + 3) * 7919 + i * (i + 1) * 31 + 17 * r * i) % 65521) % below;
      },
    } as Rng;
    const ours = bootstrap(n, (indices) => statistic(...lists.map((list) => Array.from(indices, (i) => list[i]))), {
      rng,
      unit: "text",
      resamples: hard.resamples,
    });
    expect(drawn).toBe(hard.resamples * n);
    expectNear([ours.value, ours.low, ours.high], [value, low, high], 1e-10, "value and interval");
  });
});

test.each(hard.taus.map((item) => [item.name, item] as const))("tau-b and p: %s", (_name, { x, y, tau, pValue }) => {
  const ours = kendallTau(x, y);
  expectNear([ours.tau], [tau], 1e-10, "tau");
  expectNear([ours.pValue], [pValue], 1e-10, "p");
});

describe.each(hard.fits.map((item) => [item.name, item] as const))("linear models: %s", (_name, item) => {
  const { x, y } = item;

  test("least squares", () => {
    expectFit(leastSquares(x, y), x, item, item.condition < WELL_CONDITIONED.leastSquares);
  });

  test.each(item.ridge.map((expected) => [expected.strength, expected] as const))("ridge %d", (strength, expected) => {
    expectFit(ridge(x, y, { strength }), x, expected, expected.condition < WELL_CONDITIONED.ridge);
  });
});

test("errors of cross-validated ridge", () => {
  const { x, y, folds, strengths, errors } = hard.validation;
  const { validation, strength } = ridge(x, y, { strengths, folds });
  expectNear(
    validation.map((item) => item.meanSquaredError),
    errors,
    1e-10,
    "errors",
  );
  expect(strength).toBe(strengths[errors.indexOf(Math.min(...errors))]);
});

test.each(hard.assignments.map((item) => [item.name, item] as const))("assignment: %s", (_name, item) => {
  const best = assignment(item.weights, { maximise: true });
  expectNear([best.total], [item.most], 1e-10, "largest total");
  expectNear([assignment(item.weights).total], [item.least], 1e-10, "smallest total");
  if (item.columns) expect([...best.columns]).toEqual(item.columns);
});
