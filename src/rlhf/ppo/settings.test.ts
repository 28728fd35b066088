import { expect, test } from "vitest";
import { ConfigError } from "../../errors.js";
import { parsePpoSettings, ppoDefaults } from "./settings.js";

function problems(given: Record<string, unknown>): string[] {
  try {
    parsePpoSettings(given);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.message).toContain("PPO settings: ");
    return error.issues.map(({ path, expected, received, nearest }) =>
      [path, expected, received, nearest].filter((part) => part !== undefined).join(" | "),
    );
  }
  return [];
}

test("the defaults are TRL 0.7.7's, with the paper's values where it gives some", () => {
  expect(ppoDefaults).toEqual({
    batchSize: 64,
    miniBatchSize: 16,
    ppoEpochs: 4,
    learningRate: 1e-6,
    schedule: "constant",
    warmupSteps: 0,
    klCoef: 0.5,
    adaptiveKl: true,
    klTarget: 6,
    klHorizon: 10_000,
    gamma: 1,
    lambda: 0.95,
    clipRange: 0.2,
    clipRangeValue: 0.2,
    vfCoef: 0.1,
    maxGradNorm: 1,
    clippedSteps: "first",
    ratioThreshold: 10,
    whitenRewards: false,
    valueHeadDropout: 0,
    queryTokens: [2, 10],
    responseTokens: [8, 20],
    rewardOf: "prefixAndCompletion",
    seed: 42,
  });
});

test("some settings are completed; one that is undefined counts as left out", () => {
  const settings = parsePpoSettings({ batchSize: 8, miniBatchSize: 4, klCoef: undefined, rewardOf: "completion" });
  expect(settings).toEqual({ ...ppoDefaults, batchSize: 8, miniBatchSize: 4, rewardOf: "completion" });
});

test("all problems are reported at once, unknown names with the nearest known one", () => {
  expect(
    problems({
      batchSize: 10,
      ppoEpochs: 0.5,
      learningRate: Number.NaN,
      klCoef: -1,
      gamma: 2,
      valueHeadDropout: 1,
      queryTokens: [5, 2],
      responseTokens: [0, 3],
      rewardOf: "prompt",
      lr: 3,
      rewardedText: "completion",
    }).sort(),
  ).toEqual([
    "gamma | a number of at most 1 | 2",
    "klCoef | a number of at least 0 | -1",
    "learningRate | a number | NaN",
    "lr | a known setting | 3",
    "miniBatchSize | a divisor of batchSize (10) | 16",
    "ppoEpochs | a whole number | 0.5",
    "queryTokens | the smaller number first | [5,2]",
    "responseTokens.0 | a number greater than 0 | 0",
    'rewardOf | one of prefixAndCompletion, completion | "prompt"',
    'rewardedText | a known setting | "completion"',
    "valueHeadDropout | a number less than 1 | 1",
  ]);
});

test("a maximum norm of 0 stands for gradients that are left as they are", () => {
  expect(parsePpoSettings({ maxGradNorm: 0 }).maxGradNorm).toBe(0);
});
