import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ConfigError } from "../errors.js";
import { quantile } from "./quantile.js";

const { quantile: reference }: { quantile: { values: number[]; shares: number[]; quantiles: number[] } } = JSON.parse(
  readFileSync(new URL("../../test/golden/stats/reference.json", import.meta.url), "utf8"),
);

test("NumPy's numbers, to the last bit", () => {
  expect(reference.shares.map((share) => quantile(reference.values, share))).toEqual(reference.quantiles);
});

test("by hand, and the input keeps its order", () => {
  const values = [3, 1, 2];
  expect(quantile(values, 0.5)).toBe(2);
  expect(quantile(values, 0.25)).toBe(1.5);
  expect(quantile([7], 0.9)).toBe(7);
  expect(values).toEqual([3, 1, 2]);
});

test("refuses no values, NaN and shares outside 0..1", () => {
  for (const [values, share] of [
    [[], 0.5],
    [[1, NaN], 0.5],
    [[1], 1.1],
    [[1], NaN],
  ] as const) {
    expect(() => quantile(values, share)).toThrow(ConfigError);
  }
});
