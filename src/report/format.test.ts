import { expect, test } from "vitest";
import type { Interval } from "../results/results.js";
import {
  duration,
  excludesZero,
  fixed,
  interval,
  percent,
  percentInterval,
  pValue,
  sample,
  signed,
  significant,
  whole,
} from "./format.js";

const estimate: Interval = { value: 1.234, low: 1.1, high: 1.356, n: 1000, unit: "prompt" };

test("an estimate is its value and its interval", () => {
  expect(interval(estimate)).toBe("1.23 [1.10, 1.36]");
  expect(interval(estimate, 3)).toBe("1.234 [1.100, 1.356]");
  expect(percentInterval({ ...estimate, value: 0.19, low: 0.178, high: 0.2031 })).toBe("19.0% [17.8%, 20.3%]");
  expect(sample(estimate)).toBe("1,000 prompts");
  expect(sample({ ...estimate, n: 1, unit: "text" })).toBe("1 text");
});

test("what rests on nothing is a dash, and an interval without ends is the value alone", () => {
  expect(interval({ ...estimate, value: 0, n: 0 })).toBe("–");
  expect(interval(undefined)).toBe("–");
  expect(interval({ ...estimate, low: Number.NaN, high: Number.NaN })).toBe("1.23");
  expect([fixed(Number.NaN), whole(null), percent(undefined), significant(Number.NaN)]).toEqual(["–", "–", "–", "–"]);
});

test("there is no negative zero", () => {
  expect([fixed(-0.001), signed(-0.001), signed(0.2), signed(-0.2)]).toEqual(["0.00", "0.00", "+0.20", "-0.20"]);
});

test("sizes that are not known beforehand keep three digits", () => {
  expect([0.000012345, 0.012345, 1.2345, 123.45, 123456, 0].map((value) => significant(value))).toEqual([
    "1.23e-5",
    "0.0123",
    "1.23",
    "123",
    "123,456",
    "0",
  ]);
});

test("p-values, durations, zero in an interval", () => {
  expect([0.26, 0.014, 0.00001].map(pValue)).toEqual(["0.26", "0.014", "< 0.0001"]);
  expect([8.24, 59.97, 185, 4320].map(duration)).toEqual(["8.2 s", "1 min 00 s", "3 min 05 s", "1 h 12 min"]);
  expect([excludesZero(estimate), excludesZero({ ...estimate, low: -0.1 })]).toEqual([true, false]);
});
