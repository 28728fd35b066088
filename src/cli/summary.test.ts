import { expect, test } from "vitest";
import type { Interval, Results } from "../results/results.js";
import { summarize } from "./summary.js";

const interval = (value: number, n = 1000): Interval => ({
  value,
  low: value - 0.1,
  high: value + 0.1,
  n,
  unit: "prompt",
});

test("one line per finding that is there", () => {
  const results = {
    tune: { reward: { base: interval(0.25), tuned: interval(1.5), difference: interval(1.25) } },
    divergence: { chosen: [3, 4, 5], layers: Array.from({ length: 6 }) },
    match: {
      pairs: [
        { model: "tuned", mmcs: 0.5, randomMmcs: 0.2 },
        { model: "tuned", mmcs: 0.7, randomMmcs: 0.2 },
        { model: "base", mmcs: 0.4, randomMmcs: 0.2 },
      ],
    },
    score: {
      models: [
        { model: "base", balancedAccuracy: interval(0, 0), control: interval(0, 0) },
        { model: "tuned", balancedAccuracy: interval(0.6), control: interval(0.5) },
      ],
    },
    probe: {
      models: [
        { model: "tuned", kendall: [{ estimator: "leastSquares", words: "all", result: { tau: interval(0.3, 200) } }] },
      ],
    },
    implicitReward: {
      lexicon: {
        kendall: [
          { words: "all", result: { tau: interval(0.2, 765) } },
          { words: "negative", result: { tau: interval(0.1, 300) } },
          { words: "visited", result: { tau: interval(0.4, 203) } },
        ],
      },
    },
    carry: {
      parts: [
        { module: "embedding", layer: null, intoBase: { share: interval(0.2) }, intoTuned: { share: interval(0.6) } },
        { module: "mlp", layer: 2, intoBase: { share: interval(0.3) }, intoTuned: { share: interval(0.1) } },
      ],
      together: { intoBase: { sum: interval(0.5) } },
    },
    frequency: {
      models: [
        {
          model: "tuned",
          related: interval(0.19),
          average: interval(0.091),
          criterion: "above the threshold",
          threshold: 3,
        },
      ],
    },
  } as unknown as Results;
  expect(summarize(results, "runs/default").split("\n")).toEqual([
    "reward       0.250 base -> 1.500 tuned, +1.250 [1.150, 1.350], 1000 prompts",
    "layers       3, 4, 5 of 6",
    "MMCS         0.600 tuned, 0.400 base, 0.200 random dictionaries (mean over layers)",
    "detection    no feature of base could be scored; 0.600 [0.500, 0.700] tuned, 0.500 by other features' explanations",
    "Kendall tau  0.300 [0.200, 0.400] tuned, 200 words",
    "implicit tau 0.200 [0.100, 0.300] all, 765 words; 0.400 [0.300, 0.500] visited, 203 words",
    "carry        largest part put into base: MLP of layer 2 30.0% [20.0%, 40.0%], all parts summed 50.0%; taken from tuned: embedding 60.0% [50.0%, 70.0%]",
    "frequency    19.0% labelled, 9.1% average feature (tuned, R above 3)",
    "report       runs/default/report/index.html",
  ]);
});
