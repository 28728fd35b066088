/** Batches of text pairs for graphs of the contrast. */
import { intTensor, padLeft, passFeeds } from "../../model/batch.js";
import type { ModelConfig } from "../../model/language-model.js";
import type { Tensor } from "../../runtime/tensor.js";
import { rowsOf, type TextPair } from "./text-pairs.js";

/** Pairs whose gradients are computed together; intervals resample such batches. */
const PAIRS_AT_ONCE = 4;
/** Maximal logits of a batch, 128 MiB; the backward pass needs several times that. */
const LOGITS_AT_ONCE = 32 * 1024 * 1024;

/**
 * Feeds of a pass over both texts of each pair, the tuned model's first. Besides those of
 * `passInputs`, three with one entry per token of a completion: `rows`, the position in
 * [batch * length] that predicts it; `targets`, its id; `weights`, 1 for the tuned model's text and
 * -1 for the base model's. The weighted sum of log-probabilities is the contrast.
 */
export function contrastFeeds(config: ModelConfig, pairs: readonly TextPair[]): Record<string, Tensor> {
  const { rows: inputIds, given } = rowsOf(pairs);
  const { batch, length, ids, mask } = padLeft({ inputIds }, config);
  const rows: number[] = [];
  const targets: number[] = [];
  const weights: number[] = [];
  for (const [row, text] of inputIds.entries())
    for (let t = given[row]; t < text.length; t++) {
      rows.push((row + 1) * length - text.length + t - 1);
      targets.push(text[t]);
      weights.push(row % 2 === 0 ? 1 : -1);
    }
  return {
    ...passFeeds(batch, length, ids, mask),
    rows: intTensor([rows.length], rows),
    targets: intTensor([rows.length], targets),
    weights: { dims: [weights.length], data: Float32Array.from(weights) },
  };
}

/** Batches of up to four pairs, limited by `LOGITS_AT_ONCE`. */
export function contrastBatches(pairs: readonly TextPair[], vocabSize: number): TextPair[][] {
  const tokens = pairs.reduce((most, { base, tuned }) => Math.max(most, base.length + tuned.length), 1);
  const size = Math.max(1, Math.min(PAIRS_AT_ONCE, Math.floor(LOGITS_AT_ONCE / (tokens * vocabSize))));
  return Array.from({ length: Math.ceil(pairs.length / size) }, (_, batch) =>
    pairs.slice(batch * size, (batch + 1) * size),
  );
}
