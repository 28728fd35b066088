import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ShapeError } from "../errors.js";
import { assignment } from "./assignment.js";

const reference: { assignments: { weights: number[][]; least: number; most: number }[] } = JSON.parse(
  readFileSync(new URL("../../test/golden/stats/reference.json", import.meta.url), "utf8"),
);

test("by hand: taking the best first is not best", () => {
  const weights = [
    [10, 9],
    [9, 1],
  ];
  expect(assignment(weights, { maximise: true })).toEqual({ columns: Int32Array.of(1, 0), total: 18 });
  expect(assignment(weights)).toEqual({ columns: Int32Array.of(0, 1), total: 11 });
});

test.each(reference.assignments)("SciPy's totals, no column twice (case %#)", ({ weights, least, most }) => {
  for (const [maximise, expected] of [
    [false, least],
    [true, most],
  ] as const) {
    const { columns, total } = assignment(weights, { maximise });
    expect(total).toBeCloseTo(expected, 12);
    const used = columns.filter((column) => column !== -1);
    expect(used.length).toBe(Math.min(weights.length, weights[0].length));
    expect(new Set(used).size).toBe(used.length);
  }
});

test("nothing to assign, and weights that cannot be used", () => {
  expect(assignment([])).toEqual({ columns: new Int32Array(0), total: 0 });
  expect(assignment([[], []])).toEqual({ columns: Int32Array.of(-1, -1), total: 0 });
  expect(() => assignment([[1, 2], [3]])).toThrow(ShapeError);
  expect(() => assignment([[1, NaN]])).toThrow(/weight \[0, 1\] is NaN/);
});
