/**
 * Section `dictionaries` of results.json: training and quality of both models' autoencoders.
 */
import { z } from "zod";
import { dictionarySize, modelRole, number } from "../values.js";

/** One trained autoencoder, measured on held-out texts (paper, Appendix J; SAELens's names). */
const dictionaryQuality = z.object({
  model: modelRole,
  size: dictionarySize,
  layer: z.number(),
  dIn: number,
  dSae: number,
  /** Number of held-out tokens. */
  tokens: number,
  /** Mean number of active features per token: the paper's "true sparsity". */
  l0: number,
  /**
   * Mean squared error divided by the variance of all activation values about their common mean.
   */
  normalisedMse: number,
  /**
   * 1 - squared error / squared distance of the activations from their mean vector, summed over
   * tokens and dimensions.
   */
  explainedVariance: number,
  /** Number of features that are active on no held-out token. */
  deadFeatures: number,
  /**
   * Next-token loss in nats per token: of the original model, with reconstructions in place of MLP
   * outputs, with zeros there.
   */
  loss: z.object({ original: number, spliced: number, zeroed: number }),
  /**
   * (zeroed - spliced) / (zeroed - original): 1 for a perfect reconstruction, 0 for one no better
   * than zeros.
   */
  lossRecovered: number,
});

/** A dictionary that was trained on both models together, measured in one of them. */
const sharedQuality = dictionaryQuality.omit({ size: true });

export const dictionariesResults = z.object({
  /** As in section `corpus`, for a run without tuning. */
  repeatedRows: number.optional(),
  /** Per autoencoder; of a shared one in both models together. 0 where they were given. */
  tokenVisits: number,
  /** Autoencoders that were not trained by the run: the folder or id on the Hub of each. */
  given: z.array(z.object({ model: modelRole, size: dictionarySize, layer: z.number(), from: z.string() })).optional(),
  /** For ReLU autoencoders: the weight of the L1 norm. */
  l1Coef: number.optional(),
  /** For top-k and batch top-k autoencoders: feature activations kept per token. */
  k: number.optional(),
  /** For JumpReLU autoencoders: the weight of the number of active features. */
  l0Coef: number.optional(),
  dictionaries: z.array(dictionaryQuality),
  /** The dictionaries that both models share, measured in each; absent if there are none. */
  shared: z.array(sharedQuality).optional(),
  /** Training curve: mean losses of consecutive intervals of steps. */
  curves: z.array(
    z.object({
      model: modelRole,
      layer: z.number(),
      size: dictionarySize,
      step: z.array(number),
      mse: z.array(number),
      l1: z.array(number),
      l0: z.array(number),
    }),
  ),
});

/** Quality of a shared dictionary on the held-out texts of one model. */
export interface SharedQuality extends z.output<typeof sharedQuality> {}
/** Quality of the dictionary of one model, layer and size on held-out texts. */
export interface DictionaryQuality extends z.output<typeof dictionaryQuality> {}
/** Section `dictionaries` of results.json. */
export interface DictionariesResults extends z.output<typeof dictionariesResults> {}
