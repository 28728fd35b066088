/** The group `dictionaries` of the configuration. Sections, tables and equations that it names are the paper's. */
import { z } from "zod";
import { trainingKindNames, trainingOf } from "../dictionary/training-kinds.js";
import { amount, count, orZero, share } from "../settings/numbers.js";
import { givenSchema } from "./given-dictionaries.js";

export const dictionaryFields = z.strictObject({
  from: givenSchema,
  smallFactor: amount().default(1).describe("Features of the small dictionary / dModel (Table 1)"),
  largeFactor: amount().default(2).describe("Features of the large dictionary / dModel (Table 1)"),
  tied: z.boolean().default(false).describe("The encoder is the transposed decoder (true in section 4.2)"),
  freeEncoder: z
    .boolean()
    .default(true)
    .describe(
      "Rows of an encoder that is not tied keep their norms; false: divided by them in every pass (authors' code)",
    ),
  activation: z
    .enum(trainingKindNames)
    .default("batchtopk")
    .describe(trainingKindNames.map((name) => `${name}: ${trainingOf({ name }).summary}`).join("; ")),
  l1Coef: z
    .number()
    .nonnegative()
    .default(0.006)
    .describe("Weight of the L1 norm of feature activations; 0.001 in section 4.2. Used with relu only"),
  k: count().default(16).describe("Feature activations kept per token; used with topk and batchtopk"),
  l0Coef: z.number().nonnegative().default(0.01).describe("Weight of the active features; used with jumprelu only"),
  reconstruction: z
    .enum(["mean", "sum"])
    .default("mean")
    .describe("Mean of squared errors over dimensions, or their sum as in Equation 8"),
  learningRate: amount().default(5e-3).describe("Learning rate of Adam; 1e-3 in section 4.2"),
  batchTexts: count()
    .default(8)
    .describe(
      "Texts per step where shuffleTokens is 0; 32 in section 4.2, which leaves too few steps for a short training",
    ),
  maxTokens: count().default(256).describe("Tokens read of each text"),
  epochs: count().default(3).describe("Passes over the texts (section 4.2)"),
  tokenVisits: count().default(400_000).describe("Training stops after this number of tokens, repeats included"),
  matching: z
    .enum(["best", "oneToOne"])
    .default("best")
    .describe(
      "Matching of small with large dictionary: best, each feature's best match (Equation 2); oneToOne, no feature is matched twice (authors' code)",
    ),
  shuffleTokens: z
    .int()
    .nonnegative()
    .default(20_000)
    .describe("Tokens of many texts that are held and mixed, so that a step has tokens of many; 0: it has whole texts"),
  activationGib: orZero().default(1).describe("GiB of disk for activations that are read once; 0: anew in each epoch"),
  batchTokens: count().default(256).describe("Tokens per step; used with shuffleTokens only"),
  warmup: share().default(0.03).describe("Share of training over which the learning rate rises from 0"),
  decay: share().default(0.2).describe("Share of training over which the learning rate falls to 0, at the end"),
  ramp: share().default(0.05).describe("Share of training over which l1Coef or l0Coef rises from 0"),
  auxCoef: orZero()
    .default(1 / 32)
    .describe("Weight, relative to the error's, of the loss that revives dead features"),
  start: z
    .enum(["xavier", "points"])
    .default("points")
    .describe("First weights: xavier, random; points, along activations of tokens, other ones for each seed"),
  refit: z.boolean().default(false).describe("Fit the decoder in closed form at the end; not used with topk"),
  shared: z
    .boolean()
    .default(true)
    .describe("Also train one dictionary per layer on both models together, whose features mean the same in both"),
  sharedFactor: amount().default(4).describe("Features of the shared dictionary / dModel"),
});
