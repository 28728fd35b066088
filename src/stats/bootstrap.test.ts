import { describe, expect, test } from "vitest";
import { ConfigError, ShapeError } from "../errors.js";
import { Rng } from "../rng.js";
import { bootstrap, bootstrapAll, bootstrapDifference, bootstrapMean, valuesOf } from "./bootstrap.js";

const options = (seed = 1) => ({ rng: Rng.fromSeed(seed, "bootstrap"), unit: "text" as const });

test("the interval of a mean has the width of the normal approximation", () => {
  const rng = Rng.fromSeed(2, "values");
  const values = Array.from({ length: 400 }, () => 5 + 2 * rng.normal());
  const mean = values.reduce((sum, value) => sum + value, 0) / 400;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 400);
  const { value, low, high, n, unit } = bootstrapMean(values, options());
  expect(value).toBeCloseTo(mean, 12);
  expect({ n, unit }).toEqual({ n: 400, unit: "text" });
  // 2000 resamples place each end to about 3% of the half-width.
  const halfWidth = (1.96 * deviation) / 20;
  expect(Math.abs(mean - low - halfWidth)).toBeLessThan(0.1 * halfWidth);
  expect(Math.abs(high - mean - halfWidth)).toBeLessThan(0.1 * halfWidth);
});

test("the same stream gives the same interval, another one another", () => {
  const values = Array.from({ length: 20 }, (_, i) => Math.sin(i));
  expect(bootstrapMean(values, options())).toEqual(bootstrapMean(values, options()));
  expect(bootstrapMean(values, options(2))).not.toEqual(bootstrapMean(values, options(3)));
});

test("pairs stay together: a constant difference has no spread", () => {
  const a = [10, 20, 30, 40];
  const b = a.map((value) => value - 3);
  expect(bootstrapDifference(a, b, options())).toEqual({ value: 3, low: 3, high: 3, n: 4, unit: "text" });
});

describe("any statistic", () => {
  test("value on the units themselves, interval on resamples of the same size", () => {
    const sizes = new Set<number>();
    const { value } = bootstrap(
      5,
      (indices) => {
        sizes.add(indices.length);
        return Math.max(...indices);
      },
      options(),
    );
    expect(value).toBe(4);
    expect([...sizes]).toEqual([5]);
  });

  test("resamples without a value are left out", () => {
    const spread = (indices: Int32Array) => (new Set(indices).size === 1 ? NaN : 1);
    expect(bootstrap(2, spread, options())).toMatchObject({ value: 1, low: 1, high: 1 });
    expect(bootstrap(1, spread, options())).toMatchObject({ value: NaN, low: NaN, high: NaN });
  });
});

test("several statistics over the same resamples are what each is alone, gaps of one leaving the others whole", () => {
  const values = [3, 1, 4, 1, 5, 9, 2, 6];
  const mean = (indices: Int32Array) => indices.reduce((sum, i) => sum + values[i], 0) / indices.length;
  const gappy = (indices: Int32Array) => (indices[0] === 0 ? Number.NaN : values[indices[0]]);
  const together = bootstrapAll(8, (indices) => [mean(indices), gappy(indices)], options());
  expect(together).toEqual([bootstrap(8, mean, options()), bootstrap(8, gappy, options())]);
  expect(together[0].low).toBeLessThan(together[0].value);
});

test("refuses no units and pairs of different length", () => {
  expect(() => bootstrapMean([], options())).toThrow(ConfigError);
  expect(() => bootstrapDifference([1], [1, 2], options())).toThrow(ShapeError);
});

test("the values of drawn units follow their indices, repeated as often as drawn", () => {
  expect([...valuesOf(Int32Array.of(2, 0, 2), [0.5, 7, -1])]).toEqual([-1, 0.5, -1]);
});
