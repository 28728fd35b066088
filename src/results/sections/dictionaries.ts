/**
 * Section `dictionaries` of results.json: both models' autoencoders, how they were trained and how
 * good they are.
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
  /** Held-out tokens. */
  tokens: number,
  /** Mean number of non-zero codes per token: the paper's "true sparsity". */
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
  /** Features that no held-out token activated. */
  deadFeatures: number,
  /**
   * Next-token loss in nats per token: untouched, with the reconstruction in place of the MLP's
   * output, with zeros there.
   */
  loss: z.object({ original: number, spliced: number, zeroed: number }),
  /**
   * (zeroed - spliced) / (zeroed - original): 1 is a perfect reconstruction, 0 no better than
   * zeros.
   */
  lossRecovered: number,
});

export const dictionariesResults = z.object({
  tokenVisits: number,
  /** Of ReLU autoencoders. */
  l1Coef: number.optional(),
  /** Of top-k autoencoders: codes of a token that are kept. */
  k: number.optional(),
  dictionaries: z.array(dictionaryQuality),
  /** Training curve: mean losses of consecutive stretches of steps. */
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

export type DictionaryQuality = z.output<typeof dictionaryQuality>;
export type DictionariesResults = z.output<typeof dictionariesResults>;
