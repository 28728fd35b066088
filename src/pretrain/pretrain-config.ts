/** The configuration of `rewardscope pretrain CONFIG`. */
import { z } from "zod";
import { ConfigError } from "../errors.js";
import { describeIssue } from "../settings/issues.js";
import { amount, count } from "../settings/numbers.js";

const model = z.strictObject({
  nLayers: count().default(6).describe("Number of blocks"),
  dModel: count().default(256).describe("Width of the residual stream"),
  nHeads: count().default(8).describe("Attention heads"),
  dMlp: count().default(1024).describe("Width of the MLPs"),
  maxPositions: count().default(512).describe("Longest text, in tokens"),
  rotaryPct: z
    .number()
    .gt(0)
    .max(1)
    .default(0.25)
    .describe("Share of each head's dimensions with rotary position embedding"),
  tieWordEmbeddings: z.boolean().default(true).describe("Use the embedding as unembedding"),
});

const training = z.strictObject({
  steps: count().default(6000).describe("Number of optimiser steps"),
  batchSize: count().default(8).describe("Windows per step"),
  length: count().default(256).describe("Tokens per window"),
  learningRate: amount().default(2e-3).describe("Peak learning rate of AdamW"),
  warmupSteps: z.int().nonnegative().default(200).describe("Steps of linear warm-up"),
  decayShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.25)
    .describe("Share of the steps, at the end, over which the learning rate falls to 0"),
  weightDecay: z.number().nonnegative().default(0.1).describe("Weight decay of matrices"),
  maxGradNorm: amount().default(1).describe("Maximal norm of gradients; larger ones are scaled down"),
});

const samples = z.strictObject({
  train: z.int().nonnegative().default(0).describe("Sampled texts in the split for tuning; 0: none"),
  test: z.int().nonnegative().default(0).describe("Sampled texts in the split for everything else; 0: none"),
  trainTokens: count().default(64).describe("Maximal tokens of a text for tuning"),
  testTokens: count().default(128).describe("Maximal tokens of the other texts"),
  temperature: amount().default(1).describe("Temperature of sampling"),
  sharedWords: count()
    .default(12)
    .describe("Drop texts that share this number of consecutive words with a training text"),
});

export const pretrainSchema = z.strictObject({
  out: z.string().min(1).describe("The folder of the model"),
  work: z.string().min(1).describe("Folder for checkpoints and token files"),
  corpus: z.string().min(1).describe("Texts: a file, a folder, or an id on the Hub"),
  splits: z
    .strictObject({ train: z.string().min(1).default("train"), heldOut: z.string().min(1).default("test") })
    .prefault({})
    .describe("Splits of the corpus"),
  textColumn: z.string().min(1).optional().describe("Column of the texts; text where none is named"),
  heldOutTexts: count().default(500).describe("Texts on which the loss is measured"),
  lineBreaks: z.boolean().default(true).describe("Turn <br /> into a line break"),
  vocabSize: z.int().min(257).default(8192).describe("Entries of the tokenizer, 256 bytes and end of text among them"),
  model: model.prefault({}).describe("A GPT-NeoX"),
  training: training.prefault({}).describe("AdamW; the rate rises, stays, and falls"),
  samples: samples.prefault({}).describe("A corpus sampled from the model, shipped beside it"),
  dtype: z.enum(["F32", "F16", "BF16"]).default("F16").describe("How the weights are stored"),
  dataTerms: z.string().default("").describe("What the model card says of the data and its terms"),
  seed: z.int().nonnegative().default(42).describe("Every random number follows from it"),
});

export type PretrainConfig = z.output<typeof pretrainSchema>;

/** @throws ConfigError with all problems at once */
export function parsePretrainConfig(input: unknown, source: string): PretrainConfig {
  const parsed = pretrainSchema.safeParse(input, { reportInput: true });
  const issues = (parsed.error?.issues ?? []).flatMap((issue) => describeIssue(issue, pretrainSchema));
  if (parsed.data) {
    const { dModel, nHeads, maxPositions } = parsed.data.model;
    if (dModel % nHeads !== 0)
      issues.push({
        path: "model.nHeads",
        expected: `a divisor of model.dModel (${dModel})`,
        received: String(nHeads),
      });
    if (parsed.data.training.length > maxPositions)
      issues.push({
        path: "training.length",
        expected: `at most model.maxPositions (${maxPositions})`,
        received: String(parsed.data.training.length),
      });
  }
  if (issues.length > 0 || !parsed.data) throw new ConfigError(source, issues);
  return parsed.data;
}
