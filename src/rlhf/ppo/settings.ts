/** Settings of PPO. The defaults are those of TRL 0.7.7 with the paper's values (section 4.1) where it gives some. */
import { ConfigError, type ConfigIssue } from "../../errors.js";

export interface PpoSettings {
  /** Responses per batch. */
  readonly batchSize: number;
  readonly miniBatchSize: number;
  /** Passes over a batch; its minibatches are shuffled anew in each. */
  readonly ppoEpochs: number;
  readonly learningRate: number;
  /** `linear`: warm-up, then a straight fall to 0 over all batches (the authors' code). */
  readonly schedule: "constant" | "linear";
  readonly warmupSteps: number;
  /** Coefficient of the KL penalty at the start. */
  readonly klCoef: number;
  /** Ziegler et al. 2019: the coefficient follows the KL towards `klTarget` over `klHorizon` responses. */
  readonly adaptiveKl: boolean;
  readonly klTarget: number;
  readonly klHorizon: number;
  readonly gamma: number;
  readonly lambda: number;
  readonly clipRange: number;
  readonly clipRangeValue: number;
  readonly vfCoef: number;
  readonly maxGradNorm: number;
  /**
   * Which steps maxGradNorm clips. TRL 0.7.7 clips the first step of a run only: it hands its clipping an iterator over the
   * parameters that is empty ever after. `first` reproduces that; `every` is what the setting says.
   */
  readonly clippedSteps: "first" | "every";
  /** A minibatch whose mean probability ratio exceeds this is not learned from. */
  readonly ratioThreshold: number;
  readonly whitenRewards: boolean;
  /**
   * Share of the final states that the value head does not see in training passes. TRL 0.7.7 makes a head with 0.1 and never
   * applies it: every pass of its PPOTrainer begins by taking the model out of training mode (`batched_forward_pass`).
   */
  readonly valueHeadDropout: number;
  /** Smallest and largest length of a query, drawn uniformly. */
  readonly queryTokens: readonly [number, number];
  /** The same of a response; an end-of-text token ends it early. */
  readonly responseTokens: readonly [number, number];
  /** What the reward reads (paper, section 4.1: prefix and completion). */
  readonly rewardedText: "prefixAndCompletion" | "completion";
  readonly seed: number;
}

export const ppoDefaults: PpoSettings = {
  batchSize: 64,
  miniBatchSize: 16,
  ppoEpochs: 4,
  learningRate: 1e-6,
  schedule: "constant",
  warmupSteps: 0,
  klCoef: 0.5,
  adaptiveKl: true,
  klTarget: 6,
  klHorizon: 10000,
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
  rewardedText: "prefixAndCompletion",
  seed: 42,
};

/** @throws ConfigError with all settings that cannot be */
export function checkPpoSettings(settings: PpoSettings): void {
  const issues: ConfigIssue[] = [];
  const expect = (path: keyof PpoSettings, expected: string, holds: boolean): void => {
    if (!holds) issues.push({ path, expected, received: JSON.stringify(settings[path]) });
  };
  const positive = (value: number): boolean => Number.isFinite(value) && value > 0;
  for (const path of ["batchSize", "miniBatchSize", "ppoEpochs"] as const)
    expect(path, "a positive integer", Number.isInteger(settings[path]) && settings[path] > 0);
  expect(
    "miniBatchSize",
    `a divisor of batchSize ${settings.batchSize}`,
    settings.batchSize % settings.miniBatchSize === 0,
  );
  for (const path of [
    "learningRate",
    "klTarget",
    "klHorizon",
    "clipRange",
    "clipRangeValue",
    "ratioThreshold",
  ] as const)
    expect(path, "a number above 0", positive(settings[path]));
  for (const path of ["klCoef", "vfCoef", "maxGradNorm"] as const)
    expect(path, "a number from 0 on", Number.isFinite(settings[path]) && settings[path] >= 0);
  for (const path of ["gamma", "lambda"] as const)
    expect(path, "a number in [0, 1]", settings[path] >= 0 && settings[path] <= 1);
  expect("valueHeadDropout", "a number in [0, 1)", settings.valueHeadDropout >= 0 && settings.valueHeadDropout < 1);
  for (const path of ["queryTokens", "responseTokens"] as const) {
    const [low, high] = settings[path];
    expect(
      path,
      "[low, high] with 1 <= low <= high",
      Number.isInteger(low) && Number.isInteger(high) && low >= 1 && low <= high,
    );
  }
  if (issues.length > 0) throw new ConfigError("PPO settings", issues);
}
