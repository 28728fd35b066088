/** Whether features fire by the sentiment of the token: a permutation test over whole texts. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Rng } from "../rng.js";
import type { EvidenceCorpus, FeatureEvidence } from "./collect-evidence.js";

export interface SentimentAssociation {
  /** Pearson correlation of the code with the valence or with its size over all tokens, the stronger of the two; 0 if undefined. */
  association: number;
  /** Share of the activation on lexicon words that falls on positive ones; 0.5 where there is none. */
  positiveShare: number;
  /** Of association with the valence or its size. At least 1 / (permutations + 1). */
  pValue: number;
}

export interface AssociationOptions {
  /** Valence of every token of the corpus, 0 outside the lexicon, [tokens]. */
  valences: Float32Array;
  permutations: number;
  rng: Rng;
  /** Texts that must not count for a feature, since its explanation shows them. */
  excluded: (evidence: FeatureEvidence) => ReadonlySet<number>;
  signal?: AbortSignal;
}

/**
 * Tests each feature for association with the valence of the token it fires on.
 *
 * Two statistics per feature: the sum of code x centred valence, two-sided (centred over lexicon tokens, 0 elsewhere, so
 * that a feature which fires on no lexicon word scores 0), and the sum of code x |valence|, one-sided, since a
 * feature that merely avoids lexicon words is not about sentiment.
 *
 * Null hypothesis: given the position, which valences a text has tells nothing about its codes. Tokens of a text depend
 * on each other, so whole texts are the units: every permutation hands each text the valences of another text,
 * position for position. Positions stay aligned because features and sentiment words both depend on the distance to the
 * text's beginning. A donor that is shorter than the receiver starts over at its beginning: cutting there
 * instead would give permuted sums fewer terms than the observed one has, and so too small p-values.
 *
 * Both statistics are standardised over all arrangements, the observed one included; the larger is compared with its own
 * permutation distribution (max-T), so one p-value answers for both without a further correction.
 * All features see the same permutations. Memory: 16 bytes per feature and permutation.
 * @param features of one corpus
 * @returns one entry per feature, in order
 */
export async function sentimentAssociation(
  features: readonly FeatureEvidence[],
  { valences, permutations, rng, excluded, signal }: AssociationOptions,
): Promise<SentimentAssociation[]> {
  if (features.length === 0) return [];
  const { corpus } = features[0];
  const centred = centre(valences);
  const sizes = valences.map(Math.abs);
  const tested = features.map((evidence) => withoutTexts(evidence, excluded(evidence)));
  const arrangements = permutations + 1;
  const signed = tested.map(() => new Float64Array(arrangements));
  const absolute = tested.map(() => new Float64Array(arrangements));
  const texts = corpus.texts.map((_, text) => text).filter((text) => corpus.texts[text].length > 0);
  const source = Int32Array.from(valences, (_, position) => position);
  const centredNow = centred.slice();
  const sizesNow = sizes.slice();
  for (let b = 0; b < arrangements; b++) {
    if (b > 0) {
      rearrange(source, corpus, texts, rng.shuffle([...texts]));
      for (let position = 0; position < source.length; position++) {
        centredNow[position] = centred[source[position]];
        sizesNow[position] = sizes[source[position]];
      }
    }
    for (const [i, { positions, codes }] of tested.entries()) {
      let s = 0;
      let a = 0;
      for (let k = 0; k < positions.length; k++) {
        s += codes[k] * centredNow[positions[k]];
        a += codes[k] * sizesNow[positions[k]];
      }
      signed[i][b] = s;
      absolute[i][b] = a;
    }
    if (b % 16 === 0) {
      signal?.throwIfAborted();
      await nextTurn();
    }
  }
  return features.map((evidence, i) => {
    const z = standardise(signed[i]).map(Math.abs);
    const zAbsolute = standardise(absolute[i]);
    const largest = z.map((value, b) => Math.max(value, zAbsolute[b]));
    // Ties count as "at least as large"; the margin keeps sums that are equal but for rounding together.
    const atLeast = largest.filter((value) => value >= largest[0] - 1e-9).length;
    const withValence = correlation(evidence, valences);
    const withSize = correlation(evidence, sizes);
    return {
      association: Math.abs(withValence) >= Math.abs(withSize) ? withValence : withSize,
      positiveShare: positiveShare(evidence, valences),
      pValue: atLeast / arrangements,
    };
  });
}

/**
 * q-values of Benjamini and Hochberg 1995: the smallest false discovery rate at which each p-value is rejected.
 * @param pValues of all tests of the family
 * @returns in the same order, each at least its p-value
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[b] - pValues[a]);
  const qValues = new Array<number>(pValues.length);
  let smallest = 1;
  for (const [rank, i] of order.entries()) {
    smallest = Math.min(smallest, (pValues[i] * pValues.length) / (pValues.length - rank));
    qValues[i] = smallest;
  }
  return qValues;
}

/** Fills `source` so that position t of each receiver points at position t (modulo its length) of its donor. */
function rearrange(source: Int32Array, corpus: EvidenceCorpus, receivers: number[], donors: number[]): void {
  for (const [i, receiver] of receivers.entries()) {
    const start = corpus.offsets[receiver];
    const donorStart = corpus.offsets[donors[i]];
    const donorLength = corpus.texts[donors[i]].length;
    for (let t = 0, d = 0; t < corpus.texts[receiver].length; t++) {
      source[start + t] = donorStart + d;
      if (++d === donorLength) d = 0;
    }
  }
}

function centre(valences: Float32Array): Float32Array {
  const inLexicon = valences.filter((valence) => valence !== 0);
  const mean = inLexicon.reduce((sum, valence) => sum + valence, 0) / Math.max(1, inLexicon.length);
  return valences.map((valence) => (valence === 0 ? 0 : valence - mean));
}

function withoutTexts(
  { corpus, positions, codes }: FeatureEvidence,
  excluded: ReadonlySet<number>,
): { positions: Int32Array; codes: Float32Array } {
  const kept = (position: number) => !excluded.has(corpus.textOf[position]);
  return { positions: positions.filter(kept), codes: codes.filter((_, k) => kept(positions[k])) };
}

function standardise(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  // Rounding alone must not make a constant statistic look varied.
  if (deviation <= 1e-12 * Math.max(1, Math.abs(mean))) return new Float64Array(values.length);
  return values.map((value) => (value - mean) / deviation);
}

function positiveShare({ positions, codes }: FeatureEvidence, valences: Float32Array): number {
  let positive = 0;
  let all = 0;
  for (let k = 0; k < codes.length; k++) {
    const valence = valences[positions[k]];
    if (valence > 0) positive += codes[k];
    if (valence !== 0) all += codes[k];
  }
  return all > 0 ? positive / all : 0.5;
}

function correlation({ positions, codes }: FeatureEvidence, values: Float32Array): number {
  const n = values.length;
  let sumV = 0;
  let sumVV = 0;
  for (const v of values) {
    sumV += v;
    sumVV += v * v;
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
