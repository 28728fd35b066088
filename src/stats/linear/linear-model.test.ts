import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ConfigError, ShapeError } from "../../errors.js";
import { Rng } from "../../rng.js";
import { leastSquares } from "./least-squares.js";
import type { LinearModel } from "./linear-model.js";
import type { Matrix } from "./matrix.js";
import { ridge } from "./ridge.js";

interface Fit {
  readonly coefficients: number[];
  readonly intercept: number;
  readonly predictions: number[];
}
interface Case {
  readonly name: string;
  readonly x: number[][];
  readonly y: number[];
  readonly intercept: boolean;
  readonly rank: number;
  readonly leastSquares: Fit;
  readonly ridge: (Fit & { readonly strength: number })[];
}
const reference: { regressions: Case[] } = JSON.parse(
  readFileSync(new URL("../../../test/golden/stats/reference.json", import.meta.url), "utf8"),
);

/** Largest difference, relative to the largest expected value. */
function expectClose(received: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(received.length).toBe(expected.length);
  const scale = Math.max(...expected.map(Math.abs), 1e-300);
  const worst = Math.max(...expected.map((value, i) => Math.abs(received[i] - value)));
  expect(worst / scale).toBeLessThanOrEqual(tolerance);
}

function expectFit(model: LinearModel, x: number[][], fit: Fit, tolerance: number): void {
  expectClose(model.coefficients, fit.coefficients, tolerance);
  expectClose(model.predict(x), fit.predictions, tolerance);
}

describe("NumPy's orthogonal solutions", () => {
  // Powers of t: the condition number, 1e5, times the machine precision, and a margin of 5.
  const tolerances: Record<string, number> = { "powers of t, condition number 1e5": 1e-10 };
  test.each(reference.regressions.map((item) => [item.name, item] as const))("%s", (name, item) => {
    const model = leastSquares(item.x, item.y, { intercept: item.intercept });
    expectFit(model, item.x, item.leastSquares, tolerances[name] ?? 1e-12);
    expect(model.rank).toBe(item.rank);
    for (const expected of item.ridge) {
      const { strength } = expected;
      expectFit(ridge(item.x, item.y, { strength, intercept: item.intercept }), item.x, expected, 1e-11);
    }
  });
});

/** y = 3 + x b without noise. */
function noiseless(rows: number, columns: number, density: number): { x: Matrix; y: Float64Array; b: Float64Array } {
  const rng = Rng.fromSeed(1, "linear model", String(density));
  const data = new Float64Array(rows * columns).map(() => (rng.uniform() < density ? rng.uniform() : 0));
  const b = new Float64Array(columns).map(() => rng.normal());
  const y = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    y[i] = 3;
    for (let j = 0; j < columns; j++) y[i] += data[i * columns + j] * b[j];
  }
  return { x: { rows, columns, data }, y, b };
}

describe.each([0.05, 0.4, 1])("with a share of %d non-zero", (density) => {
  const { x, y, b } = noiseless(700, 123, density);

  test("finds the coefficients that made y", () => {
    const model = leastSquares(x, y);
    expect(model.rank).toBe(123);
    expect(model.intercept).toBeCloseTo(3, 11);
    expectClose(model.coefficients, [...b], 1e-12);
  });

  test("takes float32 rows as they are", () => {
    const single = { ...x, data: Float32Array.from(x.data) };
    const model = leastSquares(single, y);
    expectClose(model.predict(single), [...y], 1e-6);
  });

  test("shares a column's coefficient with its copy, the least norm of all solutions", () => {
    const doubled = Array.from({ length: 700 }, (_, i) => [
      ...x.data.subarray(i * 123, (i + 1) * 123),
      x.data[i * 123],
    ]);
    const model = leastSquares(doubled, y);
    expect(model.rank).toBe(123);
    expect(model.coefficients[0]).toBeCloseTo(b[0] / 2, 10);
    expect(model.coefficients[123]).toBeCloseTo(b[0] / 2, 10);
    expectClose(model.predict(doubled), [...y], 1e-11);
  });

  test("with more columns than rows it goes through every y, as Z'(ZZ')^-1 does", () => {
    const few = { rows: 60, columns: 123, data: x.data.subarray(0, 60 * 123) };
    const model = leastSquares(few, y.subarray(0, 60));
    expect(model.rank).toBe(59);
    expectClose(model.predict(few), [...y.subarray(0, 60)], 1e-12);
    // Least norm: ridge tends to it as its strength goes to 0.
    expectClose(ridge(few, y.subarray(0, 60), { strength: 1e-10 }).coefficients, [...model.coefficients], 1e-8);
  });
});

test("a line by hand, with a constant column", () => {
  const model = leastSquares(
    [
      [0, 7],
      [1, 7],
      [2, 7],
    ],
    [1, 3, 5],
  );
  expect(model.rank).toBe(1);
  expectClose(model.coefficients, [2, 0], 1e-14);
  expect(model.intercept).toBeCloseTo(1, 13);
  expectClose(model.predict([[10, 0]]), [21], 1e-13);
});

test("ridge by hand: sum of squares 2, strength 2, so half the slope", () => {
  const model = ridge([[0], [1], [2]], [1, 3, 5], { strength: 2 });
  expectClose(model.coefficients, [1], 1e-14);
  expect(model.intercept).toBeCloseTo(2, 13);
});

describe("cross-validation of ridge", () => {
  const rng = Rng.fromSeed(3, "ridge");
  const x = Array.from({ length: 60 }, () => Array.from({ length: 20 }, () => rng.normal()));
  const y = x.map((row) => row[0] + 2 * row[1] + 3 * rng.normal());
  const folds = y.map((_, i) => i % 3);
  const strengths = [0.01, 1, 30, 1000, 1e6];

  test("errors are those of models fitted without the fold, and the least one wins", () => {
    const model = ridge(x, y, { strengths, folds });
    for (const { strength, meanSquaredError } of model.validation) {
      let sum = 0;
      for (const fold of [0, 1, 2]) {
        const inside = (_: unknown, i: number) => folds[i] !== fold;
        const part = ridge(x.filter(inside), y.filter(inside), { strength });
        const predicted = part.predict(x);
        for (let i = 0; i < 60; i++) if (folds[i] === fold) sum += (predicted[i] - y[i]) ** 2;
      }
      expect(meanSquaredError).toBeCloseTo(sum / 60, 10);
    }
    const errors = model.validation.map((item) => item.meanSquaredError);
    expect(model.strength).toBe(strengths[errors.indexOf(Math.min(...errors))]);
    expect([1, 30, 1000]).toContain(model.strength);
    expect(model.coefficients).toEqual(ridge(x, y, { strength: model.strength }).coefficients);
  });

  test("refuses folds and strengths that cannot be used", () => {
    expect(() => ridge(x, y, { strengths, folds: [1, 2] })).toThrow(ShapeError);
    expect(() => ridge(x, y, { strengths, folds: y.map(() => 1) })).toThrow(ShapeError);
    expect(() => ridge(x, y, { strengths: [], folds })).toThrow(ConfigError);
    expect(() => ridge(x, y, { strength: 0 })).toThrow(/expected a number above 0, received 0/);
  });
});

test("refuses data that do not fit together", () => {
  expect(() => leastSquares([[1], [2]], [1])).toThrow(ShapeError);
  expect(() => leastSquares([], [])).toThrow(ShapeError);
  expect(() => leastSquares([[1, 2], [3]], [1, 2])).toThrow(ShapeError);
  expect(() => leastSquares({ rows: 2, columns: 2, data: new Float64Array(3) }, [1, 2])).toThrow(ShapeError);
  expect(() => leastSquares([[1], [NaN]], [1, 2])).toThrow(/x\[1\]: expected a finite number, received NaN/);
  expect(() => leastSquares([[1], [2]], [1, Infinity])).toThrow(ConfigError);
  expect(() => leastSquares([[1], [2]], [1, 2]).predict([[1, 2]])).toThrow(ShapeError);
});
