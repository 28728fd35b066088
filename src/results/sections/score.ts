/**
 * The files of the stage score: scores.jsonl, the scores of each explanation, and its section of
 * results.json.
 */
import { join } from "node:path";
import { z } from "zod";
import { writeJsonl } from "../../io/jsonl.js";
import { featureName, interval, modelRole, number } from "../values.js";

/** Detection or fuzzing score of one explanation. */
const detection = z.object({
  /**
   * Mean of two shares: active excerpts predicted as active, and inactive ones predicted as
   * inactive; 0.5 is chance.
   */
  balancedAccuracy: interval,
  /**
   * The same excerpts predicted from the explanation of another feature of the layer, if there is
   * one.
   */
  control: interval.optional(),
  /**
   * Numbers of excerpts on which the feature is active, and inactive; for fuzzing: marked
   * correctly, and wrongly.
   */
  positives: number,
  negatives: number,
});

/** Simulation score of one explanation. */
const simulation = z.object({
  /**
   * Pearson correlation of predicted and true levels over all tokens; 0 for constant predictions.
   */
  correlation: interval,
  /**
   * The same excerpts predicted from the explanation of another feature of the layer, if there is
   * one.
   */
  control: interval.optional(),
  excerpts: number,
  tokens: number,
});

/** The scores of an explanation, each absent if the feature is active too rarely. */
export const explanationScores = z.object({
  detection: detection.optional(),
  fuzzing: detection.optional(),
  simulation: simulation.optional(),
});

/** One line of scores.jsonl. */
export const featureScores = featureName.extend(explanationScores.shape);

/** Means of a score, with intervals over features. */
const counted = {
  model: modelRole,
  /** Numbers of features with an explanation, and of those with a score. */
  explained: number,
  scored: number,
};
const compared = {
  control: interval,
  /** Own score - control, paired over the features that have both. */
  difference: interval,
};
const accuracy = z.object({ ...counted, balancedAccuracy: interval, ...compared });

/**
 * Section `score`: how well explanations predict activations, on texts that no explanation was made
 * from.
 */
export const scoreResults = z.object({
  /** Tokens of an excerpt of detection and fuzzing. */
  excerptTokens: number,
  /** Detection: predictions of the excerpts in which features are active. */
  models: z.array(accuracy),
  /** Fuzzing: predictions of the tokens of an excerpt at which features are active. */
  fuzzing: z.array(accuracy),
  /**
   * Simulation: correlation of predicted with true activations, on excerpts of `simulatedTokens`
   * tokens.
   */
  simulation: z.array(z.object({ ...counted, correlation: interval, ...compared })),
  simulatedTokens: number,
});

/** One line of scores.jsonl. */
export interface FeatureScoresLine extends z.output<typeof featureScores> {}
/** Section `score` of results.json. */
export interface ScoreResults extends z.output<typeof scoreResults> {}

export const scoresFile = "scores.jsonl";

/**
 * Writes scores.jsonl of a run folder, atomically.
 * @param lines one per explained feature, in any order
 */
export function writeScores(folder: string, lines: readonly FeatureScoresLine[]): Promise<void> {
  return writeJsonl(join(folder, scoresFile), lines);
}
