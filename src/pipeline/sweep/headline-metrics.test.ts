import { expect, test } from "vitest";
import { exampleRun } from "../../../test/support/example-run.js";
import type { AblateResults, Interval, Results } from "../../results/results.js";
import { headlineMetrics } from "./headline-metrics.js";

const interval = (value: number): Interval => ({ value, low: value - 0.5, high: value + 0.5, n: 10, unit: "prompt" });

function ablate(effect: number, random: number, features: number[]): AblateResults {
  return {
    promptTokens: 1,
    newTokens: 1,
    kind: "replace",
    related: [{ layer: 0, features }],
    base: interval(0),
    before: interval(1),
    after: interval(1 + effect),
    effect: interval(effect),
    random:
      features.length > 0
        ? { draws: [interval(random)], meanEffect: interval(random), difference: interval(effect - random) }
        : undefined,
    completion: { base: interval(0), before: interval(1), after: interval(1 + effect), effect: interval(effect) },
    otherKinds: [],
    eachFeature: [],
  };
}

test("signs are counted where the sign is the finding, and a control is compared run by run", () => {
  const runs: Results[] = [{ ablate: ablate(-0.9, 0.3, [1]) }, { ablate: ablate(-0.1, -0.4, [2]) }, {}];
  const metrics = headlineMetrics(runs);
  expect(metrics.map(({ id, values, signs }) => [id, values, signs])).toEqual([
    ["ablationEffect", [-0.9, -0.1, null], { positive: 0, negative: 2 }],
    ["ablationRandom", [0.3, -0.4, null], { positive: 1, negative: 1 }],
    ["ablationAgainstRandom", [-0.9 - 0.3, -0.1 + 0.4, null], { positive: 1, negative: 1 }],
  ]);
});

test("an ablation of nothing is no finding", () => {
  expect(headlineMetrics([{ ablate: ablate(0, 0, []) }])).toEqual([]);
});

test("what carries the difference: groups of parts, and the largest set of features against its control", () => {
  const { carry } = exampleRun().results;
  const found = new Map(
    headlineMetrics([{ carry }, { carry: { ...carry!, features: undefined } }]).map((one) => [one.id, one]),
  );
  const attention = carry!.groups.find(({ group }) => group === "attention")!.intoBase.share;
  expect(found.get("carryAttention")).toMatchObject({ values: [attention.value, attention.value], kind: "share" });
  const largest = (wanted: string) =>
    carry!.features!.sets.filter(({ set }) => set === wanted).reduce((a, b) => (b.chosen > a.chosen ? b : a)).intoBase
      .value;
  expect(found.get("carryFeatures")!.values).toEqual([largest("chosen"), null]);
  expect(found.get("carryFeaturesAgainstControl")!.values).toEqual([largest("chosen") - largest("size"), null]);
});

test("MMCS is the mean over the layers that a run chose, model by model", () => {
  const pair = (model: "base" | "tuned", layer: number, mmcs: number) => ({
    ...{ model, layer, mmcs, randomMmcs: 0.2 },
    ...{ cosines: [], top: [] },
  });
  const metrics = headlineMetrics([
    { match: { topK: 1, pairs: [pair("tuned", 1, 0.4), pair("tuned", 2, 0.6), pair("base", 1, 0.3)] } },
    { match: { topK: 1, pairs: [pair("tuned", 5, 0.7)] } },
  ]);
  expect(metrics.map(({ id, values }) => [id, values])).toEqual([
    ["mmcsTuned", [0.5, 0.7]],
    ["mmcsBase", [0.3, null]],
    ["mmcsRandom", [expect.closeTo(0.2, 12), 0.2]],
  ]);
});
