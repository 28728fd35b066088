import { describe, expect, it } from "vitest";
import type { Interval, SeedFigure } from "../../results/results.js";
import { pairFigures, spreadOf } from "./aggregate.js";

const interval = (value: number, n = 100): Interval => ({ value, low: value - 1, high: value + 1, n, unit: "prompt" });

/** Values per seed under each path, the path as JSON. */
function valuesOf(figures: readonly SeedFigure[]): Record<string, (number | null)[]> {
  return Object.fromEntries(figures.map(({ path, values }) => [JSON.stringify(path), values]));
}

describe("spreadOf", () => {
  it("has the mean and the standard deviation of a sample", () => {
    // Deviations -2, -1, 3: squares 4 + 1 + 9 = 14, divided by 2.
    expect(spreadOf([1, 2, 6])).toEqual({
      values: [1, 2, 6],
      n: 3,
      mean: 3,
      standardDeviation: Math.sqrt(7),
      min: 1,
      max: 6,
    });
  });

  it("takes the estimate of an interval and keeps the interval beside it", () => {
    expect(spreadOf([interval(4), interval(6)])).toMatchObject({
      values: [4, 6],
      intervals: [
        [3, 5],
        [5, 7],
      ],
      mean: 5,
      standardDeviation: Math.SQRT2,
    });
  });

  it("leaves out runs without a value: nothing there, NaN, an interval over no unit", () => {
    expect(spreadOf([undefined, 3, null, Number.NaN, interval(0, 0)])).toMatchObject({
      values: [null, 3, null, null, null],
      n: 1,
      mean: 3,
      standardDeviation: null,
    });
    expect(spreadOf([undefined, interval(0, 0)])).toBeUndefined();
  });

  it("finds no spread in equal numbers, although their sum is rounded", () => {
    expect((0.1 + 0.1 + 0.1) / 3).not.toBe(0.1);
    expect(spreadOf([0.1, 0.1, 0.1])).toMatchObject({ mean: 0.1, standardDeviation: 0 });
  });
});

describe("pairFigures", () => {
  it("pairs numbers and intervals by name, at any depth, of sections it has never heard of", () => {
    const figures = pairFigures([
      { tune: { batches: 3, reward: { tuned: interval(2) } }, implicitReward: { inner: { r2: 0.5 } }, note: "a" },
      { tune: { batches: 3, reward: { tuned: interval(4) } }, implicitReward: { inner: { r2: 0.1 } }, note: "b" },
    ]);
    expect(valuesOf(figures)).toEqual({
      '["tune","batches"]': [3, 3],
      '["tune","reward","tuned"]': [2, 4],
      '["implicitReward","inner","r2"]': [0.5, 0.1],
    });
  });

  it("has null for a section that a run lacks", () => {
    expect(valuesOf(pairFigures([{}, { a: { b: 1 } }, undefined, { a: { b: 2 }, c: 3 }]))).toEqual({
      '["a","b"]': [null, 1, null, 2],
      '["c"]': [null, null, null, 3],
    });
  });

  it("pairs entries of lists by model, layer and other texts, never by position", () => {
    const pair = (model: string, layer: number, mmcs: number) => ({ model, layer, mmcs });
    const figures = pairFigures([
      { pairs: [pair("base", 3, 0.3), pair("tuned", 3, 0.4), pair("base", 5, 0.5)] },
      { pairs: [pair("base", 1, 0.1), pair("base", 3, 0.35), pair("tuned", 1, 0.2)] },
    ]);
    expect(figures.map(({ path, values }) => [path[1], values])).toEqual([
      [{ model: "base", layer: 1 }, [null, 0.1]],
      [{ model: "base", layer: 3 }, [0.3, 0.35]],
      [{ model: "base", layer: 5 }, [0.5, null]],
      [{ model: "tuned", layer: 1 }, [null, 0.2]],
      [{ model: "tuned", layer: 3 }, [0.4, null]],
    ]);
    expect(figures.every(({ path }) => path[2] === "mmcs")).toBe(true);
  });

  it("goes into lists of lists", () => {
    const models = (tau: number) => [
      {
        model: "tuned",
        kendall: [{ estimator: "ridge", words: "all", result: { tau: interval(tau), pValue: tau / 10 } }],
      },
    ];
    const entry = '["probe","models",{"model":"tuned"},"kendall",{"estimator":"ridge","words":"all"},"result"';
    expect(valuesOf(pairFigures([{ probe: { models: models(1) } }, { probe: { models: models(2) } }]))).toEqual({
      [`${entry},"tau"]`]: [1, 2],
      [`${entry},"pValue"]`]: [0.1, 0.2],
    });
  });

  it.each([
    ["plain numbers", [0.1, 0.2]],
    ["draws", [interval(1), interval(2)]],
    ["a single draw", [interval(1)]],
    ["entries without a name", [{ value: 1 }]],
    [
      "entries with one name",
      [
        { model: "base", strength: 1 },
        { model: "base", strength: 2 },
      ],
    ],
    ["features, whose numbers differ from run to run", [{ layer: 1, feature: 7, effect: 0.2 }]],
  ])("leaves out lists that nothing pairs: %s", (_, list) => {
    expect(pairFigures([{ list }, { list }])).toEqual([]);
  });

  it("does not pair a number with something else", () => {
    expect(pairFigures([{ a: 1 }, { a: "one" }])).toEqual([]);
  });
});
