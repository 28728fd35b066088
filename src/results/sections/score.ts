/**
 * What the stage score leaves: scores.jsonl, the scores of each explanation, and its section of
 * results.json.
 */
import { join } from "node:path";
import { z } from "zod";
import { writeJsonl } from "../../io/jsonl.js";
import { featureName, interval, modelRole, number } from "../values.js";

/** Detection or fuzzing score of one explanation. */
const detection = z.object({
  /**
   * Mean of the share of firing excerpts that are told to fire and the share of silent ones told
   * not to; 0.5 is chance.
   */
  balancedAccuracy: interval,
  /**
   * The same excerpts, told by the explanation of another feature of the layer; none where the
   * layer has no other.
   */
  control: interval.optional(),
  /**
   * Excerpts on which the feature fires, and on which it is silent; in fuzzing: that are marked
   * rightly, and wrongly.
   */
  positives: number,
  negatives: number,
});

/** Simulation score of one explanation. */
const simulation = z.object({
  /**
   * Pearson correlation of predicted and true levels over all tokens; 0 for an explanation that
   * predicts the same everywhere.
   */
  correlation: interval,
  /**
   * The same excerpts, predicted by the explanation of another feature of the layer; none where the
   * layer has no other.
   */
  control: interval.optional(),
  excerpts: number,
  tokens: number,
});

/** What an explanation was scored with, where its feature fires often enough. */
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
  /** Features with an explanation, and those of them that could be scored. */
  explained: number,
  scored: number,
};
const compared = {
  control: interval,
  /** own - control, paired over the features that have both. */
  difference: interval,
};
const accuracy = z.object({ ...counted, balancedAccuracy: interval, ...compared });

/**
 * Section `score`: how well explanations predict where their features fire, and how strongly, on
 * texts that made no explanation.
 */
export const scoreResults = z.object({
  /** Length of an excerpt that is told to fire or not, or has marks. */
  excerptTokens: number,
  /** Whether explanations tell in which excerpts their features fire. */
  models: z.array(accuracy),
  /** Whether explanations tell at which tokens of an excerpt their features fire. */
  fuzzing: z.array(accuracy),
  /**
   * How activations that are predicted from explanations go with the true ones; excerpts of
   * `simulatedTokens` tokens.
   */
  simulation: z.array(z.object({ ...counted, correlation: interval, ...compared })),
  simulatedTokens: number,
});

export type FeatureScoresLine = z.output<typeof featureScores>;
export type ScoreResults = z.output<typeof scoreResults>;

export const scoresFile = "scores.jsonl";

/**
 * Writes scores.jsonl of a run folder, atomically.
 * @param lines one per explained feature, in any order
 */
export function writeScores(folder: string, lines: readonly FeatureScoresLine[]): Promise<void> {
  return writeJsonl(join(folder, scoresFile), lines);
}
