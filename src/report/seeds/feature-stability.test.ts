import { expect, it } from "vitest";
import type { FeatureStability } from "../../results/seeds.js";
import { featureStabilityTable, stableFeaturesTable } from "./feature-stability.js";

const explained = (feature: number, mean: number, noPattern?: true) => ({
  feature,
  explanation: noPattern ? "no pattern found" : `the word "w${feature}"`,
  ...(noPattern && { noPattern }),
  cosines: [mean, mean],
  mean,
  stable: mean > 0.6,
});
const stability: FeatureStability[] = [
  {
    model: "base",
    layer: 3,
    random: 0.2,
    threshold: 0.6,
    seeds: [{ seed: 1, features: 8, stable: 5, explained: [explained(1, 0.95, true), explained(2, 0.3)] }],
  },
  {
    model: "tuned",
    layer: 3,
    random: 0.2,
    threshold: 0.6,
    seeds: [{ seed: 1, features: 8, stable: 4, explained: [explained(5, 0.7), explained(6, 0.9)] }],
  },
];

it("counts stable features of each model, layer and seed, tuned first", () => {
  expect(featureStabilityTable(stability).rows.map(({ cells }) => cells)).toEqual([
    ["Tuned, layer 3", "1", "2 of 2", "4 of 8", "0.600", "0.200"],
    ["Base, layer 3", "1", "1 of 2", "5 of 8", "0.600", "0.200"],
  ]);
});

it("lists stable features before unstable ones, and those without a pattern last", () => {
  const { rows } = stableFeaturesTable(stability);
  expect(rows.map(({ cells }) => cells[2])).toEqual(["6", "5", "2", "1"]);
  expect(rows[1].cells[5]).toBe("stable");
  expect(String(rows[2].cells[5])).toContain("unstable");
});
