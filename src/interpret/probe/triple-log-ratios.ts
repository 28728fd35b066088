/** Log-ratios at the words of triples: labels of R that are independent of the given reward. */
import type { LanguageModel } from "../../model/language-model.js";
import { requireOneVocabulary } from "../one-vocabulary.js";
import type { Triple } from "./triples.js";

/** Batch size, and where progress is reported to. */
export interface TripleLogRatioOptions {
  /** Triples per forward pass. */
  batchSize: number;
  signal?: AbortSignal;
  /** Called after each batch with the numbers of contexts done and of all. */
  onBatch?: (done: number, total: number) => void;
}

/**
 * The log-ratio of tuned and base model at every row of `sentimentDeltas`:
 * log p_tuned(w|c) - log p_base(w|c) of the word w at the end of its context c, minus its mean over
 * the vocabulary under p_base(.|c), which removes the constant of the context. It is the implicit
 * reward of `readTokenRewards` for one word in one context, in nats. Equal models give exactly 0.
 * @returns two numbers per triple: the positive word's, then the negative word's
 * @throws ShapeError when the models differ in their vocabulary
 */
export async function tripleLogRatios(
  base: LanguageModel,
  tuned: LanguageModel,
  triples: readonly Triple[],
  { batchSize, signal, onBatch }: TripleLogRatioOptions,
): Promise<Float64Array> {
  const { vocabSize } = base.config;
  requireOneVocabulary(base, tuned);
  const ratios = new Float64Array(2 * triples.length);
  const order = triples.map((_, i) => i).sort((a, b) => triples[a].context.length - triples[b].context.length || a - b);
  for (let start = 0; start < order.length; start += batchSize) {
    const batch = order.slice(start, start + batchSize);
    const inputIds = batch.map((i) => triples[i].context);
    const [ofBase, ofTuned] = [
      await base.forward({ inputIds }, { logits: "last", signal }),
      await tuned.forward({ inputIds }, { logits: "last", signal }),
    ];
    for (const [at, triple] of batch.entries()) {
      const row = (logits: Float32Array) => logits.subarray(at * vocabSize, (at + 1) * vocabSize);
      const { positive, negative } = triples[triple];
      const tokens = [positive.token, negative.token];
      ratios.set(centredLogRatios(row(ofBase.logits.data), row(ofTuned.logits.data), tokens), 2 * triple);
    }
    onBatch?.(start + batch.length, order.length);
  }
  return ratios;
}

/**
 * Log-ratios of tokens in one context, less the mean over the vocabulary under the base model.
 * @param base the base model's logits [vocab]; those of tuned likewise
 * @returns one number per token, in nats
 */
export function centredLogRatios(base: Float32Array, tuned: Float32Array, tokens: readonly number[]): number[] {
  const [before, after] = [logProbsOf(base), logProbsOf(tuned)];
  let centre = 0;
  for (let id = 0; id < before.length; id++) centre += Math.exp(before[id]) * (after[id] - before[id]);
  return tokens.map((token) => after[token] - before[token] - centre);
}

/** Logits as log-probabilities, in double precision. */
function logProbsOf(logits: Float32Array): Float64Array {
  let largest = Number.NEGATIVE_INFINITY;
  for (const logit of logits) largest = Math.max(largest, logit);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - largest);
  const log = largest + Math.log(sum);
  return Float64Array.from(logits, (logit) => logit - log);
}
