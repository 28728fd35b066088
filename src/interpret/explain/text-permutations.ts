/**
 * Permutations of whole texts: the null distribution of associations between tokens and
 * activations.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Rng } from "../../rng.js";
import type { EvidenceCorpus, FeatureEvidence } from "../evidence/collect-evidence.js";

export interface PermutationOptions {
  /** The lowest p-value is 1 / (permutations + 1). */
  permutations: number;
  rng: Rng;
  signal?: AbortSignal;
}

/** Options of the tests of association between features and words. */
export interface AssociationOptions extends PermutationOptions {
  /** Per feature the texts that are left out, since its explanation was made from them. */
  excluded: readonly ReadonlySet<number>[];
}

/**
 * Arrangements under the null hypothesis that, given the position, the tokens of a text are
 * independent of its activations.
 * Tokens of a text depend on each other, so whole texts are the units: every permutation assigns to
 * each text the tokens of another, position by position. Positions stay aligned because features
 * and words both depend on the distance from the start of the text. A donor shorter than the
 * receiver is repeated from its start; cutting there instead would give permuted sums fewer terms
 * than the observed one, and therefore too small p-values.
 * @yields for each position of the corpus the position whose token it is assigned, [tokens]; the
 *   observed arrangement first, then `permutations` others. The array is reused.
 */
export async function* textPermutations(
  corpus: EvidenceCorpus,
  { permutations, rng, signal }: PermutationOptions,
): AsyncGenerator<Int32Array> {
  const texts = corpus.texts.map((_, text) => text).filter((text) => corpus.texts[text].length > 0);
  const source = Int32Array.from(corpus.textOf, (_, position) => position);
  yield source;
  for (let b = 1; b <= permutations; b++) {
    if (b % 16 === 0) {
      signal?.throwIfAborted();
      await nextTurn();
    }
    const donors = rng.shuffle([...texts]);
    for (const [i, receiver] of texts.entries()) {
      const start = corpus.offsets[receiver];
      const donorStart = corpus.offsets[donors[i]];
      const donorLength = corpus.texts[donors[i]].length;
      for (let t = 0, d = 0; t < corpus.texts[receiver].length; t++) {
        source[start + t] = donorStart + d;
        if (++d === donorLength) d = 0;
      }
    }
    yield source;
  }
}

/** A feature's activations without the texts that its explanation was made from. */
export function withoutTexts(
  { corpus, positions, codes }: FeatureEvidence,
  excluded: ReadonlySet<number>,
): Pick<FeatureEvidence, "positions" | "codes"> {
  const kept = (position: number) => !excluded.has(corpus.textOf[position]);
  return { positions: positions.filter(kept), codes: codes.filter((_, k) => kept(positions[k])) };
}

/**
 * Pearson correlation of a feature's activation with a number per token, over all tokens of the
 * corpus; 0 if undefined.
 */
export function correlation({ positions, codes }: FeatureEvidence, values: ArrayLike<number>): number {
  const n = values.length;
  let sumV = 0;
  let sumVV = 0;
  for (let i = 0; i < n; i++) {
    sumV += values[i];
    sumVV += values[i] ** 2;
  }
  let sumF = 0;
  let sumFF = 0;
  let sumFV = 0;
  for (let k = 0; k < codes.length; k++) {
    sumF += codes[k];
    sumFF += codes[k] ** 2;
    sumFV += codes[k] * values[positions[k]];
  }
  const scale = Math.sqrt((n * sumFF - sumF ** 2) * (n * sumVV - sumV ** 2));
  return scale > 0 ? (n * sumFV - sumF * sumV) / scale : 0;
}
