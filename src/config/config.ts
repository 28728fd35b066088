/**
 * The configuration: one schema of small groups for validation, defaults, types and
 * documentation. Sections, tables, figures and appendices that it names are the paper's.
 */
import { z } from "zod";
import { rewardFields } from "../reward/rewards.js";
import { type PpoSettings, ppoSchema } from "../rlhf/ppo/settings.js";
import { type DeviceName, deviceNames } from "../runtime/protocol.js";
import { amount, count } from "../settings/numbers.js";
import { isPlainAddress, PLAIN_ADDRESS } from "../settings/plain-address.js";
import { trackingFields } from "../tracking/settings.js";
import { auditFields } from "./audit-settings.js";
import { dictionaryFields } from "./dictionary-settings.js";

/** OpenAI's address, which requires a key. */
export const OPENAI_URL = "https://api.openai.com/v1";

const folder = () => z.string().min(1);
const different = (values: readonly unknown[]) => new Set(values).size === values.length;

const model = z.strictObject({
  name: folder()
    .default("embedded")
    .describe("The model to tune: embedded, a local folder in the Hub's layout, or an id on the Hub (section 4.1)"),
  base: folder().optional().describe("With tuned: the model before your own tuning; the stage tune does not run"),
  tuned: folder().optional().describe("With base: the model after your own tuning"),
});

const corpus = z.strictObject({
  source: folder()
    .default("embedded")
    .describe("Texts: embedded, a file or folder, or an id on the Hub (section 4.1: IMDb reviews)"),
  splits: z
    .strictObject({
      tune: z.string().min(1).default("train").describe("Split of the texts for tuning (section 4.1)"),
      rest: z.string().min(1).default("test").describe("Split of all other texts (section 4.2)"),
    })
    .prefault({})
    .describe("Used where the source has splits; otherwise all parts are cut from one sequence of texts"),
  textColumn: z
    .string()
    .min(1)
    .optional()
    .describe("Column of the texts, of files that have columns; text where none is named"),
  minCharacters: z.int().nonnegative().default(200).describe("Shorter texts are left out, in characters (section 4.1)"),
  lineBreaks: z.boolean().default(true).describe("Turn <br /> into a line break; the paper keeps it (section 4.1)"),
  texts: z
    .strictObject({
      tune: count().default(2700).describe("Maximal number of texts for tuning (section 4.1)"),
      dictionaries: count().default(1500).describe("... for the autoencoders (section 4.2)"),
      triples: count().default(2500).describe("... for contrastive triples (section 4.3)"),
      evaluate: count().default(1000).describe("... for prompts (Tables 5 and 7)"),
      frequency: count().default(500).describe("... for frequencies of activation (section 4.4)"),
    })
    .prefault({})
    .describe("Maximal sizes of the parts of the corpus, which are disjoint"),
});

// The trainer's schema; its `rewardOf` and `seed` are `reward.of` and `seed` here.
const { rewardOf, seed: _, ...tuning } = ppoSchema.shape;

const reward = z.strictObject({ ...rewardFields, of: rewardOf });

const evaluation = z.strictObject({
  prompts: count().default(1000).describe("Number of prompts (Table 7)"),
  promptTokens: count().default(30).describe("Tokens per prompt (Table 7)"),
  newTokens: count().default(40).describe("Tokens per completion (the paper gives no length)"),
});

const ppo = z.strictObject({
  batches: count().default(150).describe("Number of batches; the paper's single pass has about 390 (section 4.1)"),
  ...tuning,
  // These defaults differ from the trainer's, which are those of the paper and TRL: at a learning
  // rate of 1e-6, minutes on two cores hardly change the policy. With these, KL reaches a plateau
  // that all seeds agree on (docs/tuning.md). One epoch: each text is learned from once, by the
  // policy that wrote it, which gains more reward for the same KL.
  miniBatchSize: tuning.miniBatchSize.default(32),
  ppoEpochs: tuning.ppoEpochs.default(1),
  learningRate: tuning.learningRate.default(2e-4),
  schedule: tuning.schedule.default("linear"),
  warmupSteps: tuning.warmupSteps.default(5),
  klCoef: tuning.klCoef.default(0.23),
  adaptiveKl: tuning.adaptiveKl.default(false),
  clippedSteps: tuning.clippedSteps.default("every"),
  sampleEvery: count().default(10).describe("Batches between two tables of sampled completions"),
  averageBatches: z
    .int()
    .nonnegative()
    .default(0)
    .describe("After tuning, take the mean of the weights after each of the last N batches; 0: the last weights"),
  interpolation: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe(
      "Then take base + this times (tuned - base) of all weights, which trades reward for KL (arXiv:2406.16768)",
    ),
  evaluation: evaluation.prefault({}).describe("Reward of base and tuned model on held-out texts (Table 7)"),
});

const layers = z.strictObject({
  choose: z
    .enum(["highest", "lowest", "all"])
    .default("highest")
    .describe("Layers of highest or lowest divergence, the L2 norm of parameter differences (section 4.2, Appendix J)"),
  count: count().default(5).describe("Number of layers; all if the model has fewer (section 4.2)"),
});

const studies = z.strictObject({
  l1Coefs: z
    .array(amount())
    .refine(different, "different values")
    .default([])
    .describe("Train autoencoders with each of these weights of the L1 norm (Figure 5); empty: do not run this study"),
  tied: z.boolean().default(false).describe("Compare tied and untied autoencoders (Table 12)"),
  lowest: z.boolean().default(false).describe("Compare layers of highest and lowest divergence (Table 13)"),
  epochs: count().default(1).describe("Passes over the texts (Appendix J)"),
  tokenVisits: count().default(100_000).describe("Training stops after this number of tokens, repeats included"),
});

const features = z.strictObject({
  topK: count()
    .default(30)
    .describe(
      "Explained features per layer, those with the highest cosine (section 5.2); without larger dictionaries, those that changed most",
    ),
  examplesPerFeature: count().default(20).describe("Texts of highest activation kept per feature (section 4.4)"),
  examplesShown: count().default(5).describe("Number of these texts that the explainer sees (section 4.4)"),
});

const explainer = z.strictObject({
  name: z
    .enum(["rule", "llm"])
    .default("rule")
    .describe(
      "rule: count the tokens a feature is active on, and test the association with sentiment over texts; llm: ask a language model (section 4.4)",
    ),
  fdr: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.05)
    .describe("For rule: false discovery rate of the labels (Benjamini-Hochberg)"),
  permutations: count().default(1000).describe("For rule: permutations of the test"),
  baseURL: z
    .string()
    .refine(isPlainAddress, PLAIN_ADDRESS)
    .default(OPENAI_URL)
    .describe(
      "Address of an OpenAI-compatible chat completions endpoint; this and all settings below are for llm, also of triples.substitutions",
    ),
  model: z.string().min(1).optional().describe("The endpoint's name of the model; GPT-4 in section 4.4"),
  keyVariable: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "the name of an environment variable")
    .default("OPENAI_API_KEY")
    .describe("Environment variable with the key; local servers need none"),
  rewardDescription: z
    .string()
    .min(1)
    .optional()
    .describe("The reward in words, for the labels (section 4.4); vader and classifier have one"),
  prompts: folder().optional().describe("A folder of prompt files that replace the package's files of the same name"),
  temperature: z.number().min(0).max(2).nullable().default(0).describe("Temperature of replies; null: the server's"),
  maxReplyTokens: count().default(1000).describe("Maximal tokens of a reply; a longer one is cut off and asked again"),
  maxTokens: count().default(10_000_000).describe("Hard limit of tokens of a run folder, prompts and replies together"),
  pricePerMillionTokens: amount().optional().describe("Price in your currency, to show the cost"),
  requestsPerMinute: amount().default(300).describe("Maximal number of new requests per minute"),
  maxConcurrent: count().default(8).describe("Maximal number of concurrent requests"),
  timeoutSeconds: amount().default(120).describe("A request without reply after this time is sent again"),
});

const triples = z.strictObject({
  count: count().default(6602).describe("Maximal number of positive / neutral / negative triples (section 4.3)"),
  minDistinctNegatives: count()
    .default(100)
    .describe("Warn when there are fewer different negative words (section 4.3)"),
  maxWordShare: z.number().gt(0).max(1).default(0.02).describe("Maximal share of the triples that contain one word"),
  substitutions: z
    .enum(["model", "llm"])
    .default("model")
    .describe("Source of substitutes: the base model, or the explainer's language model (section 4.3)"),
});

const probe = z.strictObject({
  folds: z
    .int()
    .min(2)
    .default(5)
    .describe("Folds of cross-validation; all reported values are out of fold (section 4.3)"),
  threshold: amount().default(3).describe("Predicted reward above which a token counts as very positive (section 4.4)"),
  input: z
    .enum(["codes", "spliced"])
    .default("codes")
    .describe(
      "codes: feature activations of the unchanged model; spliced: of the model with reconstructions in place of the MLP outputs of lower layers (a reading of section 4.3)",
    ),
  split: z
    .enum(["word", "row"])
    .default("word")
    .describe("word: all rows of a word are in one fold; row: rows are split at random (authors' code)"),
  scaling: z
    .enum(["largest", "percentile"])
    .default("largest")
    .describe(
      "Scaling of labels: largest, the largest becomes 4; percentile, clamped to the 10th and 90th (authors' code)",
    ),
  tokenStrings: z
    .boolean()
    .default(false)
    .describe("Also compute Kendall's tau of the words as strings, as the authors' code does"),
});

const frequency = z.strictObject({
  at: z
    .enum(["lexiconTokens", "everyToken"])
    .default("lexiconTokens")
    .describe("Tokens of held-out texts at which activations are counted (section 4.4)"),
});

const carry = z.strictObject({
  prompts: count()
    .default(48)
    .describe("Maximal number of prompts, of those that there are; each is completed by both models"),
  promptTokens: evaluation.shape.promptTokens.describe("Tokens per prompt"),
  newTokens: evaluation.shape.newTokens.describe("Tokens per completion"),
  pathPoints: count()
    .max(64)
    .default(4)
    .describe("Points of the quadrature from base to tuned weights, each with a backward pass over all texts"),
  doses: z
    .array(z.number().min(-2).max(3))
    .refine(different, "different values")
    .default([-0.5, 0.25, 0.5, 0.75, 1.25])
    .describe("Sampled models base + dose (tuned - base), beside 0 and 1"),
  rewardedParts: z
    .enum(["none", "groups", "all"])
    .default("groups")
    .describe(
      "Parts put into the other model that are also sampled and rewarded: none; groups, such as all attention, and parts outside of layers; all",
    ),
  featureCounts: z
    .array(count())
    .refine(different, "different values")
    .default([1, 2, 5, 10, 20, 50, 100])
    .describe(
      "Numbers of features of the shared dictionaries that are exchanged between the models, beside all; empty, or without dictionaries.shared: none are",
    ),
});

const ablation = z.strictObject({
  kinds: z
    .array(z.enum(["subtractFeatures", "replace"]))
    .min(1)
    .refine(different, "different values")
    .default(["subtractFeatures"])
    .describe(
      "subtractFeatures: subtract the features from the MLP output; replace: replace it by the reconstruction without them (section 4.4). The first of the list is the main one",
    ),
  controls: z
    .array(z.enum(["random", "matchedFrequency", "unlabelled"]))
    .refine(different, "different values")
    .default(["random", "matchedFrequency"])
    .describe("Control features, ablated for comparison (Table 5 has none)"),
  eachFeature: z.boolean().default(false).describe("Also ablate each labelled feature by itself"),
  ...evaluation.shape,
  prompts: count().default(400).describe("Number of prompts; 1000 in Table 5"),
  draws: count().default(3).describe("Random sets of features per control"),
});

const statistics = z.strictObject({
  resamples: count().default(1000).describe("Bootstrap resamples per 95% interval"),
});

/**
 * The schema of a configuration, e.g. for `z.toJSONSchema`. Rules between fields are not part of
 * it.
 */
export const configSchema = z.strictObject({
  stages: z
    .enum(["method", "audit"])
    .default("method")
    .describe("method: those of the paper; audit: only what tuning changed in the pair model.base, model.tuned"),
  model: model.prefault({}).describe("The language model that is tuned and analysed"),
  corpus: corpus.prefault({}).describe("Texts for all stages"),
  reward: reward.prefault({}).describe("The given reward"),
  ppo: ppo.prefault({}).describe("Tuning by proximal policy optimization (PPO)"),
  layers: layers.prefault({}).describe("Layers that are analysed"),
  dictionaries: dictionaryFields.prefault({}).describe("Sparse autoencoders of MLP outputs"),
  studies: studies
    .prefault({})
    .describe("Autoencoders of the tuned model trained with other settings, for comparison (Appendix J)"),
  features: features.prefault({}).describe("Features that are explained"),
  explainer: explainer.prefault({}).describe("How features are explained and labelled"),
  triples: triples.prefault({}).describe("Contrastive triples of texts"),
  probe: probe.prefault({}).describe("The probe: the linear reward model R"),
  carry: carry
    .prefault({})
    .describe("Where the difference of base and tuned model lies; the paper has no such analysis"),
  ablation: ablation.prefault({}).describe("Reward of the tuned model without the labelled features"),
  frequency: frequency.prefault({}).describe("How often features are active where R is high"),
  audit: auditFields
    .prefault({})
    .describe("What tuning changed in a pair of models, without a reward; used where stages is audit"),
  statistics: statistics.prefault({}).describe("Confidence intervals"),
  // Absent where nothing is tracked, so that run.json and the report have no settings of it.
  tracking: trackingFields
    .optional()
    .describe(`Curves for a tracker while the run lasts, such as { to: [tensorboard] }; without it, none`),
  seed: z.int().nonnegative().default(42).describe("Seed of all random numbers"),
  device: z
    .enum(deviceNames)
    .default("cpu")
    .describe(
      "Where models run: cpu; webgpu, a GPU by WebGPU; auto, a GPU if one works. What fails goes on on the CPU; REWARDSCOPE_DEVICE goes before it",
    ),
  threads: z
    .union([z.int().positive(), z.literal("all")])
    .default(2)
    .describe(
      "Threads of the CPU; all, one per core. Another number, other last digits; the same one, the same on Linux and x64",
    ),
});

/** A complete configuration: every field without `.optional()` has a value. */
export interface Config extends z.output<typeof configSchema> {}

/** The content of a configuration file: any part of a configuration. */
export interface ConfigInput extends z.input<typeof configSchema> {}

/** The settings of the engine that the models of a run share. */
export function engineSettings({ device, threads }: Config): { device: DeviceName; threads: number | undefined } {
  return { device, threads: threads === "all" ? undefined : threads };
}

/** The settings of the group `ppo` that are the trainer's own. */
export function trainerSettings({
  batches: _batches,
  sampleEvery: _sampleEvery,
  averageBatches: _averageBatches,
  interpolation: _interpolation,
  evaluation: _evaluation,
  ...own
}: Config["ppo"]): Omit<PpoSettings, "rewardOf" | "seed"> {
  return own;
}
