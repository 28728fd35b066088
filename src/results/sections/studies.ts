/**
 * Section `studies` of results.json: small autoencoders of the tuned model with other settings
 * (paper, Appendix J).
 */
import { z } from "zod";
import { interval, number } from "../values.js";

/** One point or row: the settings and layers of its autoencoders. */
const studySetting = z.object({
  /** In words, unique in its study: `l1 0.001`, `untied weights`, `lowest divergence`. */
  setting: z.string(),
  layers: z.array(z.number()),
  tied: z.boolean(),
  /** Of ReLU autoencoders. */
  l1Coef: number.optional(),
  /** Of top-k autoencoders. */
  k: number.optional(),
  /** Of JumpReLU autoencoders: the weight of the number of active features. */
  l0Coef: number.optional(),
});

/** One setting of a study, the mean over its layers. */
const measuredSetting = studySetting.extend({
  /**
   * Mean number of active features per token of held-out texts after training: the paper's "true
   * sparsity", which it divides by 100.
   */
  l0: interval,
  /** Mean squared error divided by the variance of the MLP outputs, on the same texts. */
  normalisedMse: interval,
  explainedVariance: number,
  /** Number of an autoencoder's features that are active on no held-out token. */
  deadFeatures: number,
  /**
   * The same losses as means over all steps of training; the error is divided by the variance on
   * held-out texts.
   */
  training: z.object({ l0: number, normalisedMse: number }),
});

/** A comparison of settings; differences are over the same texts. */
const studyComparison = z.object({
  settings: z.array(measuredSetting),
  /** setting - from */
  differences: z.array(z.object({ setting: z.string(), from: z.string(), l0: interval, normalisedMse: interval })),
});

export const studiesResults = z.object({
  tokenVisits: number,
  dSae: number,
  /** By rising l1Coef (Figure 5); empty if not requested. */
  sweep: z.array(measuredSetting),
  /** Table 12 */
  tying: studyComparison.optional(),
  /** Table 13 */
  layerChoice: studyComparison.optional(),
});

/** What distinguishes one studied setting. */
export interface StudySetting extends z.output<typeof studySetting> {}
/** Quality of the autoencoders of one studied setting. */
export interface MeasuredSetting extends z.output<typeof measuredSetting> {}
/** The settings of one study and their paired differences. */
export interface StudyComparison extends z.output<typeof studyComparison> {}
/** Section `studies` of results.json. */
export interface StudiesResults extends z.output<typeof studiesResults> {}
