/**
 * Sentiment activation deltas: the distance of a sentiment word's feature activations to a neutral
 * word's (paper, section 4.3).
 */
import type { Edit, LanguageModel } from "../../model/language-model.js";
import { encodeRows, type LayerEncoder } from "../evidence/codes.js";
import type { Triple } from "./triples.js";

/** One row of the probe's data: a positive or negative word at the end of its context. */
export interface DeltaRow {
  /** Index of the triple. */
  triple: number;
  word: string;
  sign: 1 | -1;
  /**
   * Sum over layers of the Euclidean distance of feature activations to the neutral word's;
   * negative for a negative word.
   */
  delta: number;
}

/** The deltas of all triples, and the activations that R is fitted on. */
export interface SentimentDeltas {
  /** Two per triple: the positive word's row, then the negative word's. */
  rows: DeltaRow[];
  /**
   * Feature activations at the word, layers concatenated in the order of the encoders:
   * [rows, inputs].
   */
  codes: Float32Array;
  /** Sum of dSae over layers. */
  inputs: number;
}

/** Batch size, further encoders, and edits. */
export interface DeltaOptions {
  /** Triples per forward pass. */
  batchSize: number;
  /** Further encoders for the same passes; deltas do not depend on them. */
  alsoRead?: readonly LayerEncoder[];
  /** See `encodeRows`. Default: none, an unchanged forward pass. */
  edits?: readonly Edit[];
  signal?: AbortSignal;
  /** Called after each batch with the numbers of contexts done and of all. */
  onBatch?: (done: number, total: number) => void;
}

/** The positive, negative and neutral word of a triple. */
const WORDS = 3;

/**
 * Feature activations and deltas of every triple. The three words share one position after their
 * context: each attends only to the context and itself.
 * @param encoders the small dictionaries, one per layer
 * @returns the deltas with the feature activations, and the same deltas with the values of
 *   `alsoRead`
 */
export async function sentimentDeltas(
  model: LanguageModel,
  encoders: readonly LayerEncoder[],
  triples: readonly Triple[],
  { batchSize, alsoRead = [], edits, signal, onBatch }: DeltaOptions,
): Promise<{ ofCodes: SentimentDeltas; ofAlsoRead: SentimentDeltas }> {
  const widthOf = (some: readonly LayerEncoder[]) => some.reduce((sum, { dSae }) => sum + dSae, 0);
  const [inputs, furtherInputs] = [widthOf(encoders), widthOf(alsoRead)];
  const rows = new Array<DeltaRow>(2 * triples.length);
  const codes = new Float32Array(2 * triples.length * inputs);
  const further = new Float32Array(2 * triples.length * furtherInputs);
  const order = triples.map((_, i) => i).sort((a, b) => triples[a].context.length - triples[b].context.length || a - b);
  for (let start = 0; start < order.length; start += batchSize) {
    const batch = order.slice(start, start + batchSize);
    const texts = batch.map((i) => {
      const { context, positive, negative, neutral } = triples[i];
      return [...context, positive.token, negative.token, neutral.token];
    });
    const layers = await encodeRows(model, [...encoders, ...alsoRead], texts, {
      positions: batch.map((i) => Array.from({ length: WORDS }, (_, word) => triples[i].context.length + word)),
      ...{ alternatives: WORDS, edits, signal },
    });
    for (const [at, triple] of batch.entries()) {
      for (const [member, sign] of ([1, -1] as const).entries()) {
        const row = 2 * triple + member;
        let column = row * inputs;
        let distance = 0;
        for (const [layer, { dSae }] of encoders.entries()) {
          const own = layers[layer].subarray((WORDS * at + member) * dSae, (WORDS * at + member + 1) * dSae);
          const neutral = layers[layer].subarray((WORDS * at + 2) * dSae, (WORDS * at + 3) * dSae);
          codes.set(own, column);
          column += dSae;
          distance += euclidean(own, neutral);
        }
        column = row * furtherInputs;
        for (const [i, { dSae }] of alsoRead.entries()) {
          const own = layers[encoders.length + i].subarray(
            (WORDS * at + member) * dSae,
            (WORDS * at + member + 1) * dSae,
          );
          further.set(own, column);
          column += dSae;
        }
        const { word } = sign === 1 ? triples[triple].positive : triples[triple].negative;
        rows[row] = { triple, word, sign, delta: sign * distance };
      }
    }
    onBatch?.(start + batch.length, order.length);
  }
  return { ofCodes: { rows, codes, inputs }, ofAlsoRead: { rows, codes: further, inputs: furtherInputs } };
}

function euclidean(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return Math.sqrt(sum);
}
