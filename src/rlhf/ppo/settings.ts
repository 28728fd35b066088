/**
 * The settings of PPO: one schema, for the trainer and for the group `ppo` of a configuration. The
 * defaults are TRL 0.7.7's, with the paper's values (section 4.1) where it gives some.
 */
import { z } from "zod";
import { parseSettings, type Rule } from "../../settings/check.js";
import { rolloutFields } from "../rollout-settings.js";

const count = () => z.int().positive();
const amount = () => z.number().positive();
const weight = () => z.number().nonnegative();
const share = () => z.number().min(0).max(1);

/** Every setting with its default. Rules between settings are not part of it: `ppoRules`. */
export const ppoSchema = z.strictObject({
  batchSize: count().default(64).describe("Texts per batch (section 4.1)"),
  miniBatchSize: count().default(16).describe("Texts per gradient step (section 4.1)"),
  ppoEpochs: count().default(4).describe("Passes over each batch, shuffled anew in each (TRL 0.7.7)"),
  learningRate: amount().default(1e-6).describe("Of Adam; the paper has 1e-6 (section 4.1)"),
  schedule: z
    .enum(["constant", "linear"])
    .default("constant")
    .describe("Learning rate over the batches; linear falls to 0 at the last, as in the authors' code (TRL 0.7.7)"),
  warmupSteps: z.int().nonnegative().default(0).describe("Batches of linear warm-up, with schedule linear (TRL 0.7.7)"),
  klCoef: weight().default(0.5).describe("First weight of the KL penalty; 0.5 in section 4.1"),
  adaptiveKl: z
    .boolean()
    .default(true)
    .describe("Steer the weight towards klTarget (TRL 0.7.7; Ziegler et al. 2019, section 2.2)"),
  klTarget: amount().default(6).describe("KL per response, in nats (TRL 0.7.7)"),
  klHorizon: amount().default(10_000).describe("Texts over which the weight adapts (TRL 0.7.7)"),
  gamma: share().default(1).describe("Discount per token (TRL 0.7.7)"),
  lambda: share().default(0.95).describe("Decay of generalised advantage estimation (TRL 0.7.7)"),
  clipRange: amount().default(0.2).describe("Ratio of probabilities is clipped at 1 plus and minus this (TRL 0.7.7)"),
  clipRangeValue: amount().default(0.2).describe("New values are clipped at the old plus and minus this (TRL 0.7.7)"),
  vfCoef: weight().default(0.1).describe("Weight of the value loss (TRL 0.7.7)"),
  maxGradNorm: weight().default(1).describe("Gradients are scaled down to this norm; 0 leaves them (section 4.1)"),
  // TRL hands its clipping an iterator over the parameters that is empty after the first step.
  // `first` reproduces that; `every` is what the setting says.
  clippedSteps: z
    .enum(["first", "every"])
    .default("first")
    .describe("Steps that maxGradNorm clips; TRL 0.7.7 clips the first of a run only"),
  ratioThreshold: amount().default(10).describe("Minibatches with a larger mean ratio are skipped (TRL 0.7.7)"),
  whitenRewards: z.boolean().default(false).describe("Whiten rewards before advantages (TRL 0.7.7)"),
  // TRL makes a head with 0.1, and every pass of its PPOTrainer begins by taking the model out of
  // training mode (`batched_forward_pass`).
  valueHeadDropout: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe("In training passes only; TRL 0.7.7 declares 0.1 but never applies it: 0 is what it does"),
  ...rolloutFields,
  seed: z.int().nonnegative().default(42).describe("Every random number follows from it"),
});

export type PpoSettings = Readonly<z.output<typeof ppoSchema>>;

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
 * Complete settings from some of them; one that is undefined counts as left out.
 * @throws ConfigError with all problems at once, unknown names included
 */
export function parsePpoSettings(given: Partial<PpoSettings>): PpoSettings {
  return parseSettings<PpoSettings>(ppoSchema, ppoRules, given, "PPO settings");
}
