/** The configuration: one schema of small groups that gives validation, defaults, types and documentation. */
import { z } from "zod";
import { kindNames, rowOf } from "../dictionary/kinds.js";
import { rewardFields } from "../reward/rewards.js";
import { ppoSchema } from "../rlhf/ppo/settings.js";

/** Where OpenAI answers; it wants a key. */
export const OPENAI_URL = "https://api.openai.com/v1";

const count = () => z.int().positive();
const amount = () => z.number().positive();
const folder = () => z.string().min(1);
const different = (values: readonly unknown[]) => new Set(values).size === values.length;

const model = z.strictObject({
  name: folder()
    .default("embedded")
    .describe("The model to tune: embedded, a local folder in the Hub's layout, or an id on the Hub (section 4.1)"),
  base: folder().optional().describe("With tuned: the model before a tuning of your own; the stage tune is left out"),
  tuned: folder().optional().describe("With base: the model after a tuning of your own"),
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
      tune: count().default(2700).describe("At most so many texts for tuning (section 4.1)"),
      dictionaries: count().default(1500).describe("... for the autoencoders (section 4.2)"),
      triples: count().default(2500).describe("... to cut contrastive triples from (section 4.3)"),
      evaluate: count().default(1000).describe("... whose beginnings are prompts (Tables 5 and 7)"),
      frequency: count().default(500).describe("... for the frequencies of activation (section 4.4)"),
    })
    .prefault({})
    .describe("Sizes of the parts; no text is in two of them"),
});

// One schema with the trainer's, whose `rewardOf` and `seed` are `reward.of` and `seed` here.
const { rewardOf, seed: _, ...tuning } = ppoSchema.shape;

const reward = z.strictObject({ ...rewardFields, of: rewardOf });

const evaluation = z.strictObject({
  prompts: count().default(1000).describe("Prompts (Table 7)"),
  promptTokens: count().default(30).describe("Tokens of each prompt (Table 7)"),
  newTokens: count().default(40).describe("Tokens of each completion (the paper gives no length)"),
});

const ppo = z.strictObject({
  batches: count().default(36).describe("Batches in all; the paper's one pass is about 390 (section 4.1)"),
  ...tuning,
  // Where a configuration starts from other values than the trainer, which has the paper's and
  // TRL's: 36 batches, minutes on two cores, learn next to nothing at 1e-6.
  learningRate: tuning.learningRate.default(2e-4),
  klCoef: tuning.klCoef.default(0.2),
  clippedSteps: tuning.clippedSteps.default("every"),
  sampleEvery: count().default(10).describe("Batches between two tables of sampled completions"),
  evaluation: evaluation.prefault({}).describe("Reward of base and tuned model on held-out texts (Table 7)"),
});

const layers = z.strictObject({
  choose: z
    .enum(["highest", "lowest", "all"])
    .default("highest")
    .describe("By the L2 norm of parameter differences (section 4.2, Appendix J)"),
  count: count().default(5).describe("Layers; all of them if the model has fewer (section 4.2)"),
});

const dictionaries = z.strictObject({
  smallFactor: amount().default(1).describe("Features of the small dictionary / dModel (Table 1)"),
  largeFactor: amount().default(2).describe("Features of the large dictionary / dModel (Table 1)"),
  tied: z.boolean().default(true).describe("Encoder = decoder transposed (section 4.2)"),
  activation: z
    .enum(kindNames)
    .default("relu")
    .describe(kindNames.map((name) => `${name}: ${rowOf({ name }).summary}`).join("; ")),
  l1Coef: z
    .number()
    .nonnegative()
    .default(0.006)
    .describe("Weight of the codes' L1 norm; 0.001 in section 4.2. Not used with topk"),
  k: count().default(32).describe("Codes of a token that are kept; used with topk alone"),
  reconstruction: z
    .enum(["mean", "sum"])
    .default("mean")
    .describe("Squared errors are averaged over dimensions, or summed as Equation 8 is printed"),
  learningRate: amount().default(3e-3).describe("Of Adam; 1e-3 in section 4.2"),
  batchTexts: count().default(8).describe("Texts per step; 32 in section 4.2, too few steps for so short a training"),
  maxTokens: count().default(256).describe("Tokens that are read of a text"),
  epochs: count().default(3).describe("Passes over the texts (section 4.2)"),
  tokenVisits: count().default(300_000).describe("Training ends after so many tokens, repeats counted"),
  matching: z
    .enum(["best", "oneToOne"])
    .default("best")
    .describe("Of small in large: the best match of each feature (Equation 2), or no match twice (authors)"),
});

const studies = z.strictObject({
  l1Coefs: z
    .array(amount())
    .refine(different, "different values")
    .default([])
    .describe("Autoencoders are trained with each of these weights of the L1 norm (Figure 5); none: not run"),
  tied: z.boolean().default(false).describe("Tied against untied autoencoders (Table 12)"),
  lowest: z.boolean().default(false).describe("Layers of highest divergence against the lowest ones (Table 13)"),
  epochs: count().default(1).describe("Passes over the texts (Appendix J)"),
  tokenVisits: count().default(100_000).describe("Training ends after so many tokens, repeats counted"),
});

const features = z.strictObject({
  topK: count().default(30).describe("Features explained per layer, by best cosine (section 5.2)"),
  examplesPerFeature: count().default(20).describe("Texts with the highest activation that are kept (section 4.4)"),
  examplesShown: count().default(5).describe("Of these, texts that an explanation shows (section 4.4)"),
});

/** An address without user, password or query, where keys may stand. */
function isPlainAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return ["http:", "https:"].includes(protocol) && !username && !password && !search && !hash;
}

const explainer = z.strictObject({
  name: z
    .enum(["rule", "llm"])
    .default("rule")
    .describe(
      "rule: sentiment of the tokens a feature fires on, tested over texts; llm: a language model is asked (section 4.4)",
    ),
  fdr: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.05)
    .describe("With name rule: false discovery rate of the label (Benjamini-Hochberg)"),
  permutations: count().default(1000).describe("With name rule: permutations of the test"),
  baseURL: z
    .string()
    .refine(isPlainAddress, "an address that begins with http:// or https://, without user, password or query")
    .default(OPENAI_URL)
    .describe("Of an endpoint for chat completions as OpenAI's; this and the rest for llm, substitutions included"),
  model: z.string().min(1).optional().describe("As the endpoint calls it; GPT-4 in section 4.4"),
  keyVariable: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "the name of an environment variable")
    .default("OPENAI_API_KEY")
    .describe("Environment variable that holds the key; local servers need none"),
  rewardDescription: z
    .string()
    .min(1)
    .optional()
    .describe("The reward in natural language, for the label (section 4.4); written for vader and classifier"),
  prompts: folder().optional().describe("A folder of prompts in place of the shipped ones of the same names"),
  temperature: z.number().min(0).max(2).nullable().default(0).describe("Of replies; null leaves it to the server"),
  maxReplyTokens: count().default(1000).describe("Longer replies are cut off and asked for again"),
  maxTokens: count().default(10_000_000).describe("Hard limit of tokens, prompts included, in a run folder"),
  pricePerMillionTokens: amount().optional().describe("In your currency, to show the estimate and the cost in money"),
  requestsPerMinute: amount().default(300).describe("At most so many requests are begun in a minute"),
  maxConcurrent: count().default(8).describe("Requests under way at the same time"),
  timeoutSeconds: amount().default(120).describe("A request that takes longer is sent again"),
});

const triples = z.strictObject({
  count: count().default(6602).describe("Positive / neutral / negative triples, at most (section 4.3)"),
  minDistinctNegatives: count()
    .default(100)
    .describe("Different negative words wanted; fewer give a warning (section 4.3)"),
  maxWordShare: z.number().gt(0).max(1).default(0.02).describe("Largest share of the triples one word may have"),
  substitutions: z
    .enum(["model", "llm"])
    .default("model")
    .describe("Substitutes: sampled from the base model, or proposed by the explainer's language model (section 4.3)"),
});

const probe = z.strictObject({
  folds: z.int().min(2).default(5).describe("Folds by word: every printed value is out of fold (section 4.3)"),
  threshold: amount().default(3).describe("Predicted reward that counts as very positive (section 4.4)"),
  input: z
    .enum(["codes", "spliced"])
    .default("codes")
    .describe("Codes of the pass as it is, or with each layer's reconstruction in place below (section 4.3, read so)"),
  split: z.enum(["word", "row"]).default("word").describe("What goes to folds whole; the authors split rows"),
  scaling: z
    .enum(["largest", "percentile"])
    .default("largest")
    .describe("Of labels: largest to 4, or 10th to 90th percentile, clamped (authors)"),
  tokenStrings: z
    .boolean()
    .default(false)
    .describe("Also Kendall's tau of the words as strings, which is what the authors' notebook computes"),
});

const frequency = z.strictObject({
  at: z
    .enum(["lexiconTokens", "everyToken"])
    .default("lexiconTokens")
    .describe("Tokens of unseen texts at which features are counted (section 4.4)"),
});

const ablation = z.strictObject({
  kinds: z
    .array(z.enum(["subtractFeatures", "replace"]))
    .min(1)
    .refine(different, "different values")
    .default(["subtractFeatures"])
    .describe("Take the features off, or put the reconstruction without them in place (section 4.4); the first counts"),
  controls: z
    .array(z.enum(["random", "matchedFrequency", "unlabelled"]))
    .refine(different, "different values")
    .default(["random", "matchedFrequency"])
    .describe("Other features that are ablated for comparison (Table 5 has none)"),
  eachFeature: z.boolean().default(false).describe("Ablate every labelled feature alone as well"),
  ...evaluation.shape,
  prompts: count().default(400).describe("Prompts; 1000 in Table 5"),
  draws: count().default(3).describe("Sets of features of each control"),
});

const statistics = z.strictObject({
  resamples: count().default(1000).describe("Bootstrap resamples of each 95% interval"),
});

/** The schema of a configuration, e.g. for `z.toJSONSchema`. Rules between fields are not part of it. */
export const configSchema = z.strictObject({
  model: model.prefault({}).describe("What is tuned and looked into"),
  corpus: corpus.prefault({}).describe("Texts for all stages"),
  reward: reward.prefault({}).describe("The reward that is given"),
  ppo: ppo.prefault({}).describe("Tuning by proximal policy optimization"),
  layers: layers.prefault({}).describe("Layers that are looked into"),
  dictionaries: dictionaries.prefault({}).describe("Sparse autoencoders of MLP outputs"),
  studies: studies.prefault({}).describe("How autoencoders are trained, compared (Appendix J); the tuned model alone"),
  features: features.prefault({}).describe("Features that are explained"),
  explainer: explainer.prefault({}).describe("How features are explained and labelled"),
  triples: triples.prefault({}).describe("Contrastive texts"),
  probe: probe.prefault({}).describe("The linear reward model R"),
  ablation: ablation.prefault({}).describe("Reward without the labelled features"),
  frequency: frequency.prefault({}).describe("Where R is high, how often do features fire"),
  statistics: statistics.prefault({}).describe("Intervals"),
  seed: z.int().nonnegative().default(42).describe("Every random number follows from it"),
  device: z.enum(["cpu"]).default("cpu").describe("Where models run; the CPU so far"),
});

/** A complete configuration: every field has a value, but for the pair `model.base`, `model.tuned`. */
export type Config = z.output<typeof configSchema>;

/** What a configuration file may hold: any part of it. */
export type ConfigInput = z.input<typeof configSchema>;
