import { expect, test } from "vitest";
import { CurveRecorder } from "./training-curve.js";

const lossesAt = (step: number) => ({ mse: step, l1: 2 * step, l0: 3 });

test("few steps are kept one by one", () => {
  const recorder = new CurveRecorder();
  for (let step = 1; step <= 3; step++) recorder.add(lossesAt(step));
  expect(recorder.curve()).toEqual({ step: [1, 2, 3], mse: [1, 2, 3], l1: [2, 4, 6], l0: [3, 3, 3] });
});

test("many steps become means of stretches, 50 at most", () => {
  const recorder = new CurveRecorder();
  for (let step = 1; step <= 101; step++) recorder.add(lossesAt(step));
  const { step, mse, l1 } = recorder.curve();
  // 50 intervals of 2 became 25 of 4; the last one is incomplete.
  expect(step).toEqual([...Array.from({ length: 25 }, (_, i) => 4 * (i + 1)), 101]);
  expect(mse.slice(0, 2)).toEqual([2.5, 6.5]);
  expect([mse.at(-1), l1.at(-1)]).toEqual([101, 202]);
  for (let more = 102; more <= 10_000; more++) recorder.add(lossesAt(more));
  expect(recorder.curve().step.length).toBeLessThanOrEqual(50);
  expect(recorder.curve().step.at(-1)).toBe(10_000);
});

test("continues from its state", () => {
  const whole = new CurveRecorder();
  for (let step = 1; step <= 130; step++) whole.add(lossesAt(step));
  const first = new CurveRecorder();
  for (let step = 1; step <= 77; step++) first.add(lossesAt(step));
  const second = new CurveRecorder(JSON.parse(JSON.stringify(first.state)));
  for (let step = 78; step <= 130; step++) second.add(lossesAt(step));
  expect(second.curve()).toEqual(whole.curve());
});
