import { expect, test } from "vitest";
import { Rng } from "../../rng.js";
import { columnFor, explainLogRatios } from "./explain-log-ratios.js";

const options = () => ({
  rng: Rng.fromSeed(1, "folds"),
  resampling: { rng: Rng.fromSeed(1, "bootstrap"), resamples: 100 },
  unit: "prompt" as const,
});

/** Two texts of each of 150 prompts, with three properties of unit variance. */
function planted() {
  const rng = Rng.fromSeed(3, "texts");
  const draw = () => Float64Array.from({ length: 300 }, () => rng.normal());
  const [sentiment, length, emoji] = [draw(), draw(), draw()];
  return {
    noise: draw(),
    units: Array.from({ length: 300 }, (_, i) => i % 150),
    columns: [
      { name: "emoji", values: emoji },
      { name: "length", values: length },
      { name: "sentiment", values: sentiment },
    ],
  };
}

test("the planted property comes first, with its share and sign, and what is left is the noise", () => {
  const { columns, units, noise } = planted();
  const [, length, sentiment] = columns;
  // Variances 4, 1 and 1: shares of 4/6, 1/6 and 1/6.
  const values = noise.map((value, i) => -2 * sentiment.values[i] + length.values[i] + value);
  const found = explainLogRatios(values, columns, units, options());
  expect(found.properties.map(({ name }) => name)).toEqual(["sentiment", "length", "emoji"]);
  const [first, second, none] = found.properties;
  expect(first.unique.value).toBeGreaterThan(0.56);
  expect(first.unique.value).toBeLessThan(0.76);
  expect(first.coefficient.high).toBeLessThan(0);
  expect(first.correlation.value).toBeCloseTo(-Math.sqrt(2 / 3), 0);
  expect(second.unique.low).toBeGreaterThan(found.chance);
  expect(none.unique.low).toBeLessThan(found.chance);
  expect(found.unexplained.value).toBeGreaterThan(0.12);
  expect(found.unexplained.value).toBeLessThan(0.22);
  expect(found.unexplained).toMatchObject({ n: 150, unit: "prompt" });
});

test("of noise nothing is explained, and no property is above chance", () => {
  const { columns, units, noise } = planted();
  const found = explainLogRatios(noise, columns, units, options());
  expect(found.unexplained.value).toBeGreaterThan(0.95);
  expect(found.chance).toBeLessThan(0.04);
  for (const { unique } of found.properties) expect(unique.low).toBeLessThan(found.chance);
});

test("equal log-ratios have shares of exactly 0", () => {
  const { columns, units } = planted();
  const found = explainLogRatios(new Float64Array(300), columns, units, options());
  expect(found).toMatchObject({ r2: { value: 0, low: 0, high: 0 }, unexplained: { value: 0, low: 0, high: 0 } });
  for (const { unique, coefficient } of found.properties) expect([unique.value, coefficient.value]).toEqual([0, 0]);
});

test("counts are per token where the log-ratio is, numbers of the whole text are not", () => {
  const values = Float64Array.of(4, 6, 1);
  const of = (kind: "count" | "whole") => ({ name: "x", summary: "", kind, values });
  expect([...columnFor(of("count"), "perToken", [2, 3, 0])]).toEqual([2, 2, 0]);
  expect([...columnFor(of("count"), "total", [2, 3, 0])]).toEqual([4, 6, 1]);
  expect([...columnFor(of("whole"), "perToken", [2, 3, 0])]).toEqual([4, 6, 1]);
});
