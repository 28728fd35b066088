/** Comparing numbers, with the worst difference kept for `npm run test:peers`. */
import { appendFileSync } from "node:fs";
import { expect } from "vitest";

/** One comparison with a record, as `npm run test:peers` collects them. */
export interface Difference {
  file: string;
  test: string;
  what: string;
  worst: number;
  bound: number;
}

/** Keeps a difference in the file that REWARDSCOPE_DIFFERENCES names, so that the worst ones can be told; else does nothing. */
export function noteDifference(what: string, worst: number, bound: number): void {
  const file = process.env.REWARDSCOPE_DIFFERENCES;
  if (!file) return;
  const { testPath = "", currentTestName = "" } = expect.getState();
  const difference: Difference = { file: testPath, test: currentTestName, what, worst, bound };
  appendFileSync(file, `${JSON.stringify(difference)}\n`);
}

/**
 * Every number within `tolerance` of the expected one, or within that share of it where it is larger than 1.
 * The message shows the worst index and both values.
 */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what = "values",
): void {
  expect(actual.length, `${what}: how many`).toBe(expected.length);
  let worst = -1;
  let largest = -1;
  for (let i = 0; i < expected.length; i++) {
    if (actual[i] === expected[i]) continue;
    const error = Math.abs(actual[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
    if (Number.isNaN(error) || error > largest) {
      worst = i;
      largest = error;
    }
    if (Number.isNaN(error)) break;
  }
  noteDifference(what, Math.max(0, largest), tolerance);
  if (worst >= 0 && !(largest <= tolerance))
    expect.fail(
      `${what}: index ${worst} of ${expected.length} is ${actual[worst]}, expected ${expected[worst]} (tolerance ${tolerance})`,
    );
}
