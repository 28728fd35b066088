/** What tests share: comparing numbers, and small random models. */
import { appendFileSync } from "node:fs";
import { expect } from "vitest";
import { type GptNeoConfig, gptNeo } from "../src/model/architectures/gpt-neo.js";
import { type GptNeoxConfig, gptNeox } from "../src/model/architectures/gpt-neox.js";
import type { CausalLm } from "../src/model/causal-lm.js";
import type { ModelConfig } from "../src/model/language-model.js";
import { initialiseModel, type LoadOptions } from "../src/model/load.js";
import { Rng } from "../src/rng.js";

/** One comparison with a record, as `npm run test:peers` collects them. */
export interface Difference {
  file: string;
  test: string;
  what: string;
  worst: number;
  bound: number;
}

/** Keeps a difference in the file that REWARDSCOPE_DIFFERENCES names, so that the worst ones can be told; else does nothing. */
export function noteDifference(what: string, worst: number, bound: number): void {
  const file = process.env.REWARDSCOPE_DIFFERENCES;
  if (!file) return;
  const { testPath = "", currentTestName = "" } = expect.getState();
  const difference: Difference = { file: testPath, test: currentTestName, what, worst, bound };
  appendFileSync(file, `${JSON.stringify(difference)}\n`);
}

/**
 * Every number within `tolerance` of the expected one, or within that share of it where it is larger than 1.
 * The message shows the worst index and both values.
 */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what = "values",
): void {
  expect(actual.length, `${what}: how many`).toBe(expected.length);
  let worst = -1;
  let largest = -1;
  for (let i = 0; i < expected.length; i++) {
    if (actual[i] === expected[i]) continue;
    const error = Math.abs(actual[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
    if (Number.isNaN(error) || error > largest) {
      worst = i;
      largest = error;
    }
    if (Number.isNaN(error)) break;
  }
  noteDifference(what, Math.max(0, largest), tolerance);
  if (worst >= 0 && !(largest <= tolerance))
    expect.fail(
      `${what}: index ${worst} of ${expected.length} is ${actual[worst]}, expected ${expected[worst]} (tolerance ${tolerance})`,
    );
}

/** Heads as both families have them: every head has its own keys and values, and a share of the width. */
function headsOf({ dModel = 16, nHeads = 2 }: Partial<ModelConfig>): Pick<ModelConfig, "kvHeads" | "headSize"> {
  return { kvHeads: nHeads, headSize: dModel / nHeads };
}

/** A random GPT-NeoX of 2 layers, dModel 16, 2 heads and 23 tokens; weights are large enough for logits to differ. */
export function tinyModel(
  overrides: Partial<GptNeoxConfig> = {},
  options: LoadOptions & { seed?: number } = {},
): Promise<CausalLm> {
  const config: GptNeoxConfig = {
    modelType: "gpt_neox",
    vocabSize: 23,
    dModel: 16,
    dMlp: 24,
    nLayers: 2,
    nHeads: 2,
    ...headsOf(overrides),
    maxPositions: 64,
    bosTokenId: 0,
    eosTokenIds: [],
    activation: "gelu",
    layerNormEps: 1e-5,
    rotaryPct: 0.5,
    rotaryBase: 10000,
    useParallelResidual: true,
    tieWordEmbeddings: false,
    attentionBias: true,
    initializerRange: 0.4,
    ...overrides,
  };
  return initialiseModel(gptNeox, config, Rng.fromSeed(options.seed ?? 1, "tiny model"), options);
}

/** A random GPT-Neo of the same size: a block with global attention, and one with a window of 3 positions. */
export function tinyGptNeo(
  overrides: Partial<GptNeoConfig> = {},
  options: LoadOptions & { seed?: number } = {},
): Promise<CausalLm> {
  const config: GptNeoConfig = {
    modelType: "gpt_neo",
    vocabSize: 23,
    dModel: 16,
    dMlp: 24,
    nLayers: 2,
    nHeads: 2,
    ...headsOf(overrides),
    maxPositions: 64,
    bosTokenId: 0,
    eosTokenIds: [],
    attentionLayers: ["global", "local"],
    windowSize: 3,
    activation: "gelu_new",
    layerNormEps: 1e-5,
    tieWordEmbeddings: true,
    initializerRange: 0.4,
    ...overrides,
  };
  return initialiseModel(gptNeo, config, Rng.fromSeed(options.seed ?? 1, "tiny model"), options);
}
