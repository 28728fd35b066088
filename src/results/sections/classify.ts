/**
 * The files of the stage classify: labels.jsonl, a label for each explained feature, and its
 * section of results.json.
 */
import { join } from "node:path";
import { z } from "zod";
import { writeJsonl } from "../../io/jsonl.js";
import { featureName, modelRole, number } from "../values.js";

/** Numbers behind a label. */
export const labelNumbers = z.object({
  /** Effect size and significance of the label. */
  sentimentAssociation: number.optional(),
  pValue: number.optional(),
  /** Benjamini-Hochberg over all features classified together. */
  qValue: number.optional(),
  /**
   * Every tested topic: correlation of activation and topic over tokens, with its significance.
   */
  topics: z.array(z.object({ topic: z.string(), association: number, pValue: number, qValue: number })).optional(),
});

/** One line of labels.jsonl. */
export const featureLabel = featureName.extend({
  /** Whether the feature is related to the reward. */
  related: z.boolean(),
  /** The reason in words. */
  reason: z.string(),
  /**
   * Topics of the feature, e.g. "movie opinion", the strongest first; independent of `related`.
   */
  topics: z.array(z.string()),
  scores: labelNumbers.optional(),
  /** Names of the saved requests to a language model that gave label and topics. */
  classifiedIn: z.array(z.string()).optional(),
  /** There was no usable answer, which counts as not related; `reason` has the cause. */
  unanswered: z.literal(true).optional(),
});

const counts = { explained: number, related: number };

/** Section `classify`: counts over labels.jsonl (paper, section 4.4). */
export const classifyResults = z.object({
  explainer: z.string(),
  /** How labels were decided, e.g. "permutation test over texts, Benjamini-Hochberg q = 0.05". */
  criterion: z.string(),
  models: z.array(
    z.object({
      model: modelRole,
      ...counts,
      byLayer: z.array(z.object({ layer: z.number(), ...counts })),
      /** Number of features without usable answer, which count as not related; absent when none. */
      unanswered: number.optional(),
      /** Number of features per topic; a feature may have several topics or none. */
      topics: z.array(z.object({ topic: z.string(), features: number })),
    }),
  ),
});

/** One line of labels.jsonl. */
export interface FeatureLabelLine extends z.output<typeof featureLabel> {}
/** Section `classify` of results.json. */
export interface ClassifyResults extends z.output<typeof classifyResults> {}

export const labelsFile = "labels.jsonl";

/**
 * Writes labels.jsonl of a run folder, atomically.
 * @param lines one per explained feature, in any order
 */
export function writeLabels(folder: string, lines: readonly FeatureLabelLine[]): Promise<void> {
  return writeJsonl(join(folder, labelsFile), lines);
}
