import { expect, test } from "vitest";
import { headlineMetrics } from "../pipeline/sweep/headline-metrics.js";
import type { Interval, Results } from "../results/results.js";
import { summarizeSeeds } from "./summary-of-seeds.js";

const interval = (value: number): Interval => ({ value, low: value - 0.5, high: value + 0.5, n: 10, unit: "text" });

test("one line per finding: mean, spread, control, signs", () => {
  const run = (gain: number, share: number): Results => {
    const reward = { base: interval(0.5), tuned: interval(0.5 + gain), difference: interval(gain) };
    const active = { related: interval(share), average: interval(0.1), matchedFrequency: interval(0.2) };
    return { tune: { reward }, frequency: { models: [{ model: "tuned", ...active }] } } as Results;
  };
  const metrics = headlineMetrics([run(1, 0.3), run(0.4, 0.4)]);
  const results = {
    seeds: [1, 2],
    chosenLayers: [null, null],
    headlineMetrics: metrics,
    dictionaryMatches: [],
    figures: [],
  };
  expect(summarizeSeeds(results, "out/report/index.html").split("\n")).toEqual([
    "seeds        1, 2",
    "reward       1.200 ± 0.424, 0.500 ± 0.000 base",
    "... gain     +0.700 ± 0.424, positive in 2 of 2 seeds; the run's interval excludes zero in 1 of 2",
    "frequency    35.0% ± 7.1%, 20.0% ± 0.0% features of the same frequency",
    "report       out/report/index.html",
  ]);
});
