import { expect, test } from "vitest";
import { areaUnderCurve } from "./auroc.js";

test("the share of pairs in order, ties by half, whatever the order of the list", () => {
  // True 9, 4 and 5; false 5 and 1: 9 above both, 4 above 1, 5 above 1 and tied with 5.
  expect(areaUnderCurve([9, 5, 4, 5, 1], [true, false, true, true, false])).toBe(4.5 / 6);
  expect(areaUnderCurve([1, 5, 4, 5, 9], [false, true, true, false, true])).toBe(4.5 / 6);
  expect(areaUnderCurve([0, 0, 0], [true, false, true])).toBe(0.5);
});

test("without a true or without a false one it is unknown", () => {
  expect(areaUnderCurve([1, 2], [true, true])).toBe(Number.NaN);
  expect(areaUnderCurve([1, 2], [false, false])).toBe(Number.NaN);
});
