/** Which features of a dictionary that two models share change most between them. */
import { InternalError } from "../../errors.js";
import type { TextCodes } from "./codes.js";

/** A feature with its mean activation per token in both models. */
export interface ChangedFeature {
  readonly feature: number;
  readonly means: { readonly base: number; readonly tuned: number };
}

/**
 * Mean activation of every feature over all tokens of a stream of codes.
 * @param sizes features of each encoder
 * @returns per encoder [dSae]; zeros without tokens
 */
export async function meanCodes(stream: AsyncIterable<TextCodes>, sizes: readonly number[]): Promise<Float64Array[]> {
  const sums = sizes.map((size) => new Float64Array(size));
  let tokens = 0;
  for await (const text of stream) {
    tokens += text.tokens.length;
    for (const [i, codes] of text.codes.entries())
      for (let at = 0; at < codes.length; at++) sums[i][at % sizes[i]] += codes[at];
  }
  return sums.map((sum) => sum.map((value) => value / Math.max(1, tokens)));
}

/**
 * The features with the largest difference of their means between the models, largest first; equal
 * ones in their order. The difference has the scale of activations, so a feature that writes more
 * into the residual stream comes before one that writes less as often.
 * @param base mean activations in the base model [dSae]
 * @param tuned those of the same features in the tuned model [dSae]
 * @throws InternalError when the numbers of features differ
 */
export function mostChanged(base: Float64Array, tuned: Float64Array, topK: number): ChangedFeature[] {
  if (base.length !== tuned.length)
    throw new InternalError(`tuned: expected ${base.length} features, those of base, received ${tuned.length}`);
  const change = base.map((value, feature) => Math.abs(tuned[feature] - value));
  return Array.from(change.keys())
    .sort((a, b) => change[b] - change[a] || a - b)
    .slice(0, topK)
    .map((feature) => ({ feature, means: { base: base[feature], tuned: tuned[feature] } }));
}
