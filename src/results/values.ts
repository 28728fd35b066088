/** Schemas that the files of a run share: numbers, intervals, models, dictionaries. */
import { z } from "zod";

/** A number; null, which JSON has for NaN, is read as NaN. */
export const number = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

/** A mean, share, tau or difference with its 95% bootstrap interval. */
export const interval = z.object({
  value: number,
  low: number,
  high: number,
  /** Number of units that were resampled. */
  n: z.number(),
  unit: z.enum(["prompt", "word", "text", "feature", "token", "group"]),
});

export const kendallResult = z.object({
  /** Tau-b with interval over words. */
  tau: interval,
  pValue: number,
  /** Discordant pairs divided by pairs tied in neither list. */
  distance: number,
});

/** The estimator of R. */
export const estimator = z.enum(["leastSquares", "ridge"]);

export const modelRole = z.enum(["base", "tuned"]);

export const dictionarySize = z.enum(["small", "large"]);

/** The fields that identify a feature of a model's small dictionaries. */
export const featureName = z.object({ model: modelRole, layer: z.number(), feature: z.number() });

/** A value with its 95% bootstrap interval, and the unit that was drawn. */
export interface Interval extends z.output<typeof interval> {}
/** Kendall's tau of two orders with its interval, p-value and distance. */
export interface KendallResult extends z.output<typeof kendallResult> {}
/** How R is fitted. */
export type Estimator = z.output<typeof estimator>;
/** The model before tuning, or the one after it. */
export type ModelRole = z.output<typeof modelRole>;
/** The two sizes of dictionaries. */
export type DictionarySize = z.output<typeof dictionarySize>;
/** A feature by model, layer and index. */
export interface FeatureName extends z.output<typeof featureName> {}
