import { expect, test } from "vitest";
import { gaussLegendre } from "./gauss-legendre.js";

test("two and three points are those of the handbook", () => {
  const two = gaussLegendre(2);
  expect(two.map(({ at }) => at)[0]).toBeCloseTo((1 - 1 / Math.sqrt(3)) / 2, 14);
  expect(two.map(({ weight }) => weight)).toEqual([expect.closeTo(0.5, 14), expect.closeTo(0.5, 14)]);
  const three = gaussLegendre(3);
  expect(three[1].at).toBeCloseTo(0.5, 14);
  expect(three[2].at).toBeCloseTo((1 + Math.sqrt(0.6)) / 2, 14);
  expect(three.map(({ weight }) => weight)[1]).toBeCloseTo(4 / 9, 14);
});

test("n points integrate every power below 2n, and not the next one", () => {
  for (const n of [1, 4, 8, 16, 64]) {
    const points = gaussLegendre(n);
    const integral = (power: number) => points.reduce((sum, { at, weight }) => sum + weight * at ** power, 0);
    for (let power = 0; power < 2 * n; power++) expect(integral(power)).toBeCloseTo(1 / (power + 1), 12);
    if (n <= 4) expect(Math.abs(integral(2 * n) - 1 / (2 * n + 1))).toBeGreaterThan(1e-7);
  }
  expect(() => gaussLegendre(0)).toThrow("expected a positive integer");
});
