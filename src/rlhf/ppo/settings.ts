/**
 * The settings of PPO: one schema for the trainer and for the group `ppo` of a configuration. The
 * defaults are the paper's values (section 4.1), or TRL 0.7.7's where the paper has none.
 */
import { z } from "zod";
import { parseSettings, type Rule } from "../../settings/check.js";
import { amount, count, orZero, share } from "../../settings/numbers.js";
import { rolloutFields } from "../rollout-settings.js";

/** All settings with their defaults. Rules between settings are in `ppoRules`. */
export const ppoSchema = z.strictObject({
  batchSize: count().default(64).describe("Texts per batch (section 4.1)"),
  miniBatchSize: count().default(16).describe("Texts per gradient step (section 4.1)"),
  ppoEpochs: count().default(4).describe("Passes over each batch, each in a new random order (TRL 0.7.7)"),
  learningRate: amount().default(1e-6).describe("Learning rate of Adam; 1e-6 in section 4.1"),
  schedule: z
    .enum(["constant", "linear"])
    .default("constant")
    .describe("Learning rate over the batches: constant (TRL 0.7.7), or linear decay to 0 (authors' code)"),
  warmupSteps: z
    .int()
    .nonnegative()
    .default(0)
    .describe("Batches of linear warm-up; used with schedule linear (TRL 0.7.7)"),
  klCoef: z
    .union([orZero(), z.literal("auto")])
    .default(0.5)
    .describe(
      "Initial weight of the KL penalty; 0.5 in section 4.1. auto: s / √(2 klTarget), s being the standard deviation of the " +
        "first batch's rewards",
    ),
  adaptiveKl: z
    .boolean()
    .default(true)
    .describe("Adapt the weight so that the KL approaches klTarget (TRL 0.7.7; Ziegler et al. 2019, section 2.2)"),
  klTarget: amount().default(6).describe("Target of the KL per response, in nats (TRL 0.7.7)"),
  klHorizon: amount().default(10_000).describe("Texts over which the weight adapts (TRL 0.7.7)"),
  gamma: share().default(1).describe("Discount per token (TRL 0.7.7)"),
  lambda: share().default(0.95).describe("Decay of generalised advantage estimation (TRL 0.7.7)"),
  clipRange: amount().default(0.2).describe("The ratio of probabilities is clipped to 1 ± this (TRL 0.7.7)"),
  clipRangeValue: amount().default(0.2).describe("New values are clipped to the old value ± this (TRL 0.7.7)"),
  vfCoef: orZero().default(0.1).describe("Weight of the value loss (TRL 0.7.7)"),
  maxGradNorm: orZero()
    .default(1)
    .describe("Maximal norm of gradients; larger ones are scaled down; 0: no limit (section 4.1)"),
  // TRL passes an iterator over the parameters to its clipping, which is empty after the first
  // step. `first` reproduces this; `every` clips all steps, as intended.
  clippedSteps: z
    .enum(["first", "every"])
    .default("first")
    .describe("Steps whose gradients are clipped; TRL 0.7.7 clips only the first of a run"),
  ratioThreshold: amount().default(10).describe("Minibatches with a larger mean ratio are skipped (TRL 0.7.7)"),
  whitenRewards: z.boolean().default(false).describe("Whiten rewards before advantages (TRL 0.7.7)"),
  // TRL's head has 0.1, but every pass of its PPOTrainer first sets the model to evaluation mode
  // (`batched_forward_pass`).
  valueHeadDropout: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe("Dropout of the value head in training passes; TRL 0.7.7 declares 0.1 but never applies it"),
  ...rolloutFields,
  seed: z.int().nonnegative().default(42).describe("Seed of all random numbers"),
});

/** All settings of PPO; the group `ppo` of a configuration. */
export interface PpoSettings extends Readonly<z.output<typeof ppoSchema>> {}

/** The paper's values (section 4.1), and TRL 0.7.7's where the paper has none. */
export const ppoDefaults: PpoSettings = ppoSchema.parse({});

const smallerFirst = (field: "queryTokens" | "responseTokens"): Rule<Pick<PpoSettings, typeof field>> => ({
  fields: [field],
  expected: () => "the smaller number first",
  holds: ({ [field]: [least, most] }) => least <= most,
});

/** Rules between settings. */
export const ppoRules: readonly Rule<Omit<PpoSettings, "rewardOf" | "seed">>[] = [
  {
    fields: ["miniBatchSize", "batchSize"],
    expected: ({ batchSize }, at) => `a divisor of ${at}batchSize (${batchSize})`,
    holds: ({ batchSize, miniBatchSize }) => batchSize % miniBatchSize === 0,
  },
  smallerFirst("queryTokens"),
  smallerFirst("responseTokens"),
];

/**
 * Complete settings from some of them; an undefined one gets its default.
 * @throws ConfigError with all problems at once, unknown names included
 */
export function parsePpoSettings(given: Partial<PpoSettings>): PpoSettings {
  return parseSettings<PpoSettings>(ppoSchema, ppoRules, given, "PPO settings");
}
