import { expect, test } from "vitest";
import { fisherExactP } from "./fisher-exact.js";

test("p-values as SciPy's fisher_exact has them", () => {
  const tables: [[number, number], [number, number], number][] = [
    [[21, 29], [13, 37], 0.13894804809022065],
    [[3, 1], [0, 5], 0.04761904761904762],
    [[10, 2], [3, 15], 0.0005367241191434357],
    [[0, 4], [3, 2], 0.16666666666666669],
  ];
  for (const [first, second, pValue] of tables) expect(fisherExactP([first, second])).toBeCloseTo(pValue, 12);
});

test("tables that the margins force have p = 1", () => {
  expect(
    fisherExactP([
      [0, 0],
      [3, 2],
    ]),
  ).toBe(1);
});
