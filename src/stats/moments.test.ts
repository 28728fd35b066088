import { expect, test } from "vitest";
import { mean, standardDeviation, sum } from "./moments.js";

test("sum and mean of lists and typed arrays, in their order", () => {
  expect(sum([])).toBe(0);
  expect(mean([])).toBeNaN();
  expect(sum([0.1, 0.2, 0.3])).toBe(0.1 + 0.2 + 0.3);
  // Added in the reverse order, the small number would not be lost.
  expect(sum([1, 2 ** 53, -(2 ** 53)])).toBe(0);
  // The elements are single precision, their sum is not.
  expect(sum(Float32Array.of(2 ** 24, 1))).toBe(2 ** 24 + 1);
  expect(mean(Int32Array.of(1, 2, 6))).toBe(3);
});

test("the standard deviation is the unbiased one", () => {
  expect(standardDeviation([1, 2, 3, 4])).toBeCloseTo(Math.sqrt(5 / 3), 15);
  expect(standardDeviation([7, 7])).toBe(0);
  expect(standardDeviation([7])).toBeNaN();
});
