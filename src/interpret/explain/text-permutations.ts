/** What texts would look like had their tokens nothing to do with the codes: whole texts exchanged. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Rng } from "../../rng.js";
import type { EvidenceCorpus, FeatureEvidence } from "../evidence/collect-evidence.js";

export interface PermutationOptions {
  /** p-values go no lower than 1 / (permutations + 1). */
  permutations: number;
  rng: Rng;
  signal?: AbortSignal;
}

/** How the association of features with words is tested. */
export interface AssociationOptions extends PermutationOptions {
  /** Per feature the texts that must not count for it, since its explanation shows them. */
  excluded: readonly ReadonlySet<number>[];
}

/**
 * Arrangements under the null hypothesis that, given the position, what stands in a text tells nothing about its codes.
 *
 * Tokens of a text depend on each other, so whole texts are the units: every permutation hands each text the tokens of
 * another, position for position. Positions stay aligned because features and words both depend on the distance to the
 * text's beginning. A donor that is shorter than the receiver starts over at its beginning: cutting there instead would
 * give permuted sums fewer terms than the observed one has, and so too small p-values.
 * @yields for each position of the corpus the position whose token it is given, [tokens]; the arrangement that was
 *   observed comes first, then `permutations` others. The array is used again for the next.
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

/** A feature's activity outside the texts that must not count for it, since its explanation shows them. */
export function withoutTexts(
  { corpus, positions, codes }: FeatureEvidence,
  excluded: ReadonlySet<number>,
): Pick<FeatureEvidence, "positions" | "codes"> {
  const kept = (position: number) => !excluded.has(corpus.textOf[position]);
  return { positions: positions.filter(kept), codes: codes.filter((_, k) => kept(positions[k])) };
}

/** Pearson correlation of a feature's code with a number per token, over all tokens of the corpus; 0 where undefined. */
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
