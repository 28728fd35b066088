import { expect, test } from "vitest";
import { constantSchedule, linearSchedule, warmupStableDecay } from "./schedule.js";

test("constant", () => {
  expect([0, 7, 1e6].map(constantSchedule)).toEqual([1, 1, 1]);
});

test("linear: transformers' get_linear_schedule_with_warmup", () => {
  const schedule = linearSchedule(4, 12);
  expect([0, 1, 2, 4, 8, 12, 20].map(schedule)).toEqual([0, 0.25, 0.5, 1, 0.5, 0, 0]);
  expect([0, 5, 10].map(linearSchedule(0, 10))).toEqual([1, 0.5, 0]);
});

test("warm up, stay, decay: the peak holds until the last share of the steps", () => {
  const schedule = warmupStableDecay(4, 20, 0.25);
  expect([0, 1, 3, 4, 10, 15, 16, 19, 20].map(schedule)).toEqual([0.25, 0.5, 1, 1, 1, 1, 0.8, 0.2, 0]);
  expect(warmupStableDecay(0, 10, 0)(9)).toBe(1);
});
