import { expect, test } from "vitest";
import { measuredText, numberText, rangeText, spreadText } from "../../bench/findings/numbers.js";

const interval = (value: number, low: number, high: number) => ({ value, low, high, n: 9, unit: "prompt" as const });

test("numbers of the findings: a minus sign, one unit for value and interval, mean and sample deviation", () => {
  const two = { digits: 2 };
  const share = { digits: 0, percent: true };
  expect(measuredText(interval(-0.356, -0.534, -0.2), two)).toBe("−0.36 [−0.53, −0.20]");
  expect(measuredText(interval(0.244, 0.196, 0.287), share)).toBe("24% [20, 29]");
  expect(measuredText(0.5, two)).toBe("0.50");
  expect(measuredText(-0.001, two)).toBe("0.00");
  expect(measuredText(undefined, two)).toBe("–");
  expect(numberText(Number.NaN, share)).toBe("–");
  // 1, 2 and 3 have a standard deviation of 1 with n - 1 in the denominator.
  expect(spreadText([1, interval(2, 0, 4), 3], two)).toBe("2.00 ± 1.00");
  expect(spreadText([0.36, 0.37, 0.38], share)).toBe("37% ± 1");
  expect(rangeText([0.19, interval(-0.12, -1, 1), 0.05], two)).toBe("−0.12 to 0.19");
});
