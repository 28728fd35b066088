/** The forms that the files of a run have in common: numbers, intervals, models, dictionaries. */
import { z } from "zod";

/** JSON has null for NaN; it is read as NaN. */
export const number = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

/** A mean, share, tau or difference with its 95% bootstrap interval. */
export const interval = z.object({
  value: number,
  low: number,
  high: number,
  /** How many units the interval was resampled over. */
  n: z.number(),
  unit: z.enum(["prompt", "word", "text", "feature", "token"]),
});

export const kendallResult = z.object({
  /** Tau-b with interval over words. */
  tau: interval,
  pValue: number,
  /** Discordant pairs divided by pairs tied in neither list. */
  distance: number,
});

/** How R is fitted. */
export const estimator = z.enum(["leastSquares", "ridge"]);

export const modelRole = z.enum(["base", "tuned"]);

export const dictionarySize = z.enum(["small", "large"]);

/** What names a feature of a model's small dictionaries. */
export const featureName = z.object({ model: modelRole, layer: z.number(), feature: z.number() });

export type Interval = z.output<typeof interval>;
export type KendallResult = z.output<typeof kendallResult>;
export type Estimator = z.output<typeof estimator>;
export type ModelRole = z.output<typeof modelRole>;
export type DictionarySize = z.output<typeof dictionarySize>;
export type FeatureName = z.output<typeof featureName>;
