/** Association of features with topics: the permutation test of the labels, once per topic. */
import { benjaminiHochberg } from "../../stats/benjamini-hochberg.js";
import type { FeatureEvidence } from "../evidence/collect-evidence.js";
import { PART_NUMBERS, partNumber, topics } from "../words/topics.js";
import { type AssociationOptions, correlation, textPermutations, withoutTexts } from "./text-permutations.js";

/** Association of a feature with the tokens of a topic. */
export interface TopicScore {
  topic: string;
  /** Pearson correlation of the activation with "the token is of this topic" over all tokens. */
  association: number;
  pValue: number;
  /** Benjamini-Hochberg over all features tested together, separately per topic. */
  qValue: number;
}

export interface TopicOptions extends AssociationOptions {
  /** Of every token of the corpus, from `tokenTopicParts`, [tokens]. */
  topicParts: Uint8Array;
}

/**
 * Tests each feature for activation on the tokens of each topic: the sum of its activations there,
 * one-sided, against permutations of texts (`textPermutations`). All features and topics use the
 * same permutations.
 * @param features on the same texts
 * @returns per feature a score for every topic, in the same order for all
 */
export async function topicAssociation(
  features: readonly FeatureEvidence[],
  { topicParts, excluded, ...options }: TopicOptions,
): Promise<TopicScore[][]> {
  if (features.length === 0) return [];
  const numbers = topics.map(({ parts }) => parts.map(partNumber));
  const tested = features.map((evidence, i) => withoutTexts(evidence, excluded[i]));
  const observed: Float64Array[] = [];
  const atLeast = tested.map(() => new Int32Array(topics.length));
  const now = new Uint8Array(topicParts.length);
  const ofPart = new Float64Array(PART_NUMBERS);
  const ofTopic = new Float64Array(topics.length);
  for await (const source of textPermutations(features[0].corpus, options)) {
    for (let position = 0; position < source.length; position++) now[position] = topicParts[source[position]];
    for (const [i, { positions, codes }] of tested.entries()) {
      ofPart.fill(0);
      for (let k = 0; k < positions.length; k++) ofPart[now[positions[k]]] += codes[k];
      for (const [j, parts] of numbers.entries()) ofTopic[j] = parts.reduce((sum, part) => sum + ofPart[part], 0);
      // The observed arrangement comes first.
      if (observed.length === i) observed.push(ofTopic.slice());
      // Ties count as "at least as large"; the margin treats sums that differ only by rounding as
      // ties.
      for (let j = 0; j < ofTopic.length; j++) if (ofTopic[j] >= observed[i][j] * (1 - 1e-9)) atLeast[i][j]++;
    }
  }
  const scores = topics.map(({ topic }, j) => {
    const isOfTopic = topicParts.map((part) => (numbers[j].includes(part) ? 1 : 0));
    const pValues = atLeast.map((counts) => counts[j] / (options.permutations + 1));
    const qValues = benjaminiHochberg(pValues);
    return features.map((evidence, i) => ({
      topic,
      association: correlation(evidence, isOfTopic),
      pValue: pValues[i],
      qValue: qValues[i],
    }));
  });
  return features.map((_, i) => scores.map((ofFeatures) => ofFeatures[i]));
}
