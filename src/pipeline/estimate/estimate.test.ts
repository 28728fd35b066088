import { expect, test } from "vitest";
import { tinyModel } from "../../../test/support/tiny-models.js";
import { parseConfig } from "../../config/check-config.js";
import type { Stage } from "../run/stage.js";
import type { Work, WorkSizes } from "../run/work.js";
import { secondsOfStages } from "./estimate.js";
import { measureRates, type Rates } from "./measure-rates.js";

const config = parseConfig({}, "test");
const sizes: WorkSizes = { nLayers: 2, dModel: 16, chosenLayers: 2, textTokens: 12, contextTokens: 5 };
const rates: Rates = {
  ppoBatches: 60,
  rewardTokens: 0,
  completionTokens: 2,
  editedCompletionTokens: 3,
  readTokens: 0.5,
  probTokens: 0.25,
  activationTokens: 0.5,
  trainTokens: 1,
  spectra640: 4,
  taus700: 0.125,
  featurePermutations: 8,
};

function stage(name: string, work?: Stage["work"], applies = true): Stage {
  return {
    ...{ name, title: name, needs: [], outputs: [], applies: () => applies, settings: () => ({}) },
    run: async () => {},
    work,
  };
}

test("counts are multiplied by the rates of their units and added up", () => {
  const counts: Work = { ppoBatches: 2, readTokens: 10, rewardTokens: 1000 };
  const stages = [
    stage("first", () => counts),
    stage("a moment"),
    stage("not asked for", () => counts, false),
    stage("nothing to do", () => ({})),
    stage("last", ({ layers }, { textTokens }) => ({ taus700: layers.count * textTokens })),
  ];
  expect(secondsOfStages(stages, config, sizes, rates)).toEqual([
    { name: "first", seconds: 125 },
    { name: "nothing to do", seconds: 0 },
    { name: "last", seconds: 7.5 },
  ]);
});

test("every unit gets a rate, and a lexicon takes no time", async () => {
  const model = await tinyModel();
  const steps: string[] = [];
  const quick = parseConfig(
    {
      ppo: { batchSize: 4, miniBatchSize: 2, evaluation: { promptTokens: 4, newTokens: 2 } },
      dictionaries: { batchTexts: 4, maxTokens: 12 },
    },
    "test",
  );
  const { rewardTokens, ...others } = await measureRates(model, undefined, quick, sizes, {
    onStep: (what) => steps.push(what),
  });
  await model.dispose();
  expect(rewardTokens).toBe(0);
  for (const rate of Object.values(others)) expect(rate).toBeGreaterThan(0);
  expect(Object.keys(others)).toHaveLength(10);
  expect(steps).toHaveLength(8);
}, 120_000);
