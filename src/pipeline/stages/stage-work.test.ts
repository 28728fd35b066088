import { describe, expect, test } from "vitest";
import { parseConfig } from "../../config/check-config.js";
import type { ConfigInput } from "../../config/config.js";
import { presets } from "../../config/presets.js";
import { applicableStages } from "../run/stage.js";
import type { WorkSizes } from "../run/work.js";
import { computingStages } from "./stages.js";

/** The counts of each stage; stages that take only a moment have none. */
function workOf(input: ConfigInput, sizes: WorkSizes) {
  const config = parseConfig(input, "test");
  const entries = applicableStages(computingStages, config).flatMap(({ name, work }) =>
    work ? [[name, work(config, sizes)]] : [],
  );
  return Object.fromEntries(entries);
}

// 6 layers, 5 of them analysed: 10 autoencoders per model, small and large.
const small: WorkSizes = { nLayers: 6, dModel: 256, chosenLayers: 5, textTokens: 100, contextTokens: 30 };
const pythia: WorkSizes = { nLayers: 6, dModel: 512, chosenLayers: 5, textTokens: 200, contextTokens: 30 };

// 1000 prompts of 30 tokens completed by 40, once by each model: 2000 texts of 70 tokens.
// Both models read them; 30 + 40 tokens and 40 tokens are rewarded.
const heldOut = { completionTokens: 140_000, probTokens: 280_000, rewardTokens: 220_000 };

describe("work of default", () => {
  const work = workOf(presets.default.input, small);
  test.each([
    // 36 batches of 64 texts, whose queries have 6 tokens and responses 14 in the mean.
    ["tune", { ppoBatches: 150, rewardTokens: 150 * 64 * 20 }],
    ["evaluate", heldOut],
    // Three epochs of 1125 texts are 337,500 tokens, of both models 675,000; the limit is 400,000.
    // Shared ones have 4 features per dimension, a small and a large one 3.
    // 32 texts are read 1 + 5 + 10 times, and 1 + 5 + 5 times for the shared ones. Activations are kept: each text is
    // read once by each model.
    [
      "dictionaries",
      {
        activationTokens: 2 * 112_500,
        trainTokens: 2 * 337_500 + (400_000 * 4) / 3,
        probTokens: 2 * 3_200 * (16 + 11),
      },
    ],
    // A quarter of 1500 texts.
    ["explain", { readTokens: 2 * 37_500 }],
    // 30 features of each layer.
    ["classify", { featurePermutations: 2 * 150 * 1000 }],
    // 2500 texts for at most 6602 triples, and a tenth to spare.
    ["triples", { readTokens: 2_750 * 30 }],
    // 1280 inputs are twice 640; 5 folds and all rows, of three designs.
    ["probe", { readTokens: 2 * (75_000 + 150_000), probTokens: 2 * 75_000, spectra640: 18 * 8, taus700: 30_000 }],
    // 500 texts of 10 + 20 tokens.
    ["implicit-reward", { probTokens: 2 * 15_000, taus700: 30_000 }],
    // 48 prompts of 70 tokens, completed by base, tuned and five doses, and with 5 groups and 2
    // parts exchanged in both directions. Both texts are read by two models, with each of 14 parts
    // and 5 groups exchanged in both directions, and at 4 points with a backward pass; those of 7
    // doses are read by two models. Shared features: both texts by both models with a backward
    // pass; those of half of the prompts in both directions, with no features, six sets of each of
    // 7 sizes, 4 whole exchanges and 4 doses.
    [
      "carry",
      {
        completionTokens: (7 + 2 * 7) * 3_360,
        probTokens: (2 * 40 + 2 * 7 + 2 * 4 * 3) * 3_360 + (2 * 2 * 3 + (2 * 2 * (1 + 6 * 7 + 4 + 4)) / 2) * 3_360,
      },
    ],
    // 400 prompts of 70 tokens; the labelled features and three draws of two controls.
    ["ablate", { completionTokens: 2 * 28_000, editedCompletionTokens: 7 * 28_000 }],
    ["frequency", { readTokens: 2 * 50_000 }],
  ])("%s", (name, counts) => expect(work[name]).toEqual(counts));

  test("no other stage takes more than a moment", () => expect(Object.keys(work)).toHaveLength(11));
});

describe("work of pythia-70m", () => {
  const work = workOf(presets["pythia-70m"].input, pythia);
  test.each([
    ["tune", { ppoBatches: 390, rewardTokens: 390 * 64 * 20 }],
    ["evaluate", heldOut],
    // Three epochs of 12,000 texts.
    ["dictionaries", { activationTokens: 2 * 7_200_000, trainTokens: 2 * 7_200_000, probTokens: 2 * 6_400 * 16 }],
    // One epoch of 61 autoencoders: eleven weights of the L1 norm at 5 layers, 5 untied ones, and
    // the first layer, which is not among the last five. A model's 5 small and 5 large ones are 15
    // such.
    ["studies", { activationTokens: 2_400_000, trainTokens: (2_400_000 * 61) / 15 }],
    ["explain", { readTokens: 2 * 800_000 }],
    ["classify", { featurePermutations: 2 * 150 * 1000 }],
    ["triples", { readTokens: 5_500 * 30 }],
    // 2560 inputs are four times 640.
    ["probe", { readTokens: 2 * (150_000 + 3_200_000), probTokens: 2 * 150_000, spectra640: 18 * 64, taus700: 60_000 }],
    ["implicit-reward", { probTokens: 2 * 60_000, taus700: 60_000 }],
    ["carry", { completionTokens: 21 * 3_360, probTokens: 118 * 3_360 }],
    // 1000 prompts; ten draws of three controls.
    ["ablate", { completionTokens: 2 * 70_000, editedCompletionTokens: 31 * 70_000 }],
    ["frequency", { readTokens: 2 * 400_000 }],
  ])("%s", (name, counts) => expect(work[name]).toEqual(counts));

  test("no other stage takes more than a moment", () => expect(Object.keys(work)).toHaveLength(12));
});

test("a pair that was tuned elsewhere is completed in the stage implicit-reward", () => {
  const work = workOf({ model: { base: "before", tuned: "after" } }, small);
  expect(work).not.toHaveProperty("tune");
  expect(work["implicit-reward"]).toEqual({ ...heldOut, probTokens: 280_000 + 30_000, taus700: 30_000 });
});

test("features that are ablated alone are a guess of 15 percent of those explained", () => {
  const { ablate } = workOf({ ablation: { eachFeature: true } }, small);
  expect(ablate).toEqual({ completionTokens: 56_000, editedCompletionTokens: (7 + 22.5) * 28_000 });
});
