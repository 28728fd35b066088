import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { expectClose } from "../../test/support/expect-close.js";
import { ShapeError } from "../errors.js";
import { pearsonCorrelation } from "./pearson.js";
import { varianceShares } from "./variance-shares.js";

const reference = JSON.parse(
  readFileSync(new URL("../../test/golden/implicit-reward/reference.json", import.meta.url), "utf8"),
) as { x: number[][]; y: number[]; r2: number; coefficients: number[]; dropOne: number[]; pearson: number };
const columns = reference.x[0].map((_, column) => reference.x.map((row) => row[column]));

test("agrees with NumPy's lstsq, column by column", () => {
  const { r2, coefficients, dropOne } = varianceShares(columns, reference.y);
  expectClose([r2], [reference.r2], 1e-12, "R-squared");
  expectClose(coefficients, reference.coefficients, 1e-12, "coefficients");
  expectClose(dropOne, reference.dropOne, 1e-12, "drops");
  expectClose([pearsonCorrelation(columns[0], reference.y)], [reference.pearson], 1e-12, "Pearson");
});

test("a column that others make up is worth nothing, and takes nothing from the whole", () => {
  const sum = columns[0].map((value, i) => 2 * value - columns[2][i] + 7);
  const { r2, dropOne } = varianceShares([columns[0], columns[2], sum], reference.y);
  expect(r2).toBeCloseTo(varianceShares([columns[0], columns[2]], reference.y).r2, 10);
  expectClose(dropOne, [0, 0, 0], 1e-9);
});

test("a constant column is worth nothing; of a constant nothing is explained", () => {
  const constant = columns[0].map(() => 0.1);
  const { coefficients, dropOne } = varianceShares([columns[0], constant], reference.y);
  expect([coefficients[1], dropOne[1]]).toEqual([0, 0]);
  expect(varianceShares(columns, constant).r2).toBeNaN();
  expect(pearsonCorrelation(constant, reference.y)).toBeNaN();
});

test("correlations by hand", () => {
  expect(pearsonCorrelation([1, 2, 3], [2, 4, 6])).toBeCloseTo(1, 12);
  expect(pearsonCorrelation([1, 2, 3], [3, 1, 2])).toBeCloseTo(-0.5, 12);
});

test("lists of different length are told", () => {
  expect(() => varianceShares([[1, 2]], [1, 2, 3])).toThrow(ShapeError);
  expect(() => varianceShares([[1, 2]], [1, 2, 3])).toThrow(/y has 3, column 0 has 2/);
  expect(() => pearsonCorrelation([1], [1])).toThrow(/at least 2/);
});
