/** Shares of a feature's summed activation by tokens, contexts or classes of positions. */
import type { EvidenceCorpus, FeatureEvidence } from "./collect-evidence.js";

/** The share of a feature's activation at one key. */
export interface ActivationShare {
  key: number;
  /** Share of the feature's summed activation. */
  share: number;
  /** Mean activation where active. */
  mean: number;
  /** Number of active positions. */
  count: number;
}

/**
 * The feature's activation by keys of positions, largest share first (ties: lower key).
 * @param keyAt the key of a corpus position, e.g. its token, the token before it, or a bucket
 */
export function activationShares(evidence: FeatureEvidence, keyAt: (position: number) => number): ActivationShare[] {
  const sums = new Map<number, { sum: number; count: number }>();
  let total = 0;
  for (let i = 0; i < evidence.positions.length; i++) {
    const key = keyAt(evidence.positions[i]);
    const entry = sums.get(key) ?? { sum: 0, count: 0 };
    entry.sum += evidence.codes[i];
    entry.count++;
    sums.set(key, entry);
    total += evidence.codes[i];
  }
  return [...sums]
    .map(([key, { sum, count }]) => ({ key, share: sum / total, mean: sum / count, count }))
    .sort((a, b) => b.share - a.share || a.key - b.key);
}

/**
 * The token at a corpus position, or the one `before` tokens earlier in the same text; -1 before
 * the text's start.
 */
export function tokenAt(corpus: EvidenceCorpus, position: number, before = 0): number {
  const text = corpus.textOf[position];
  const t = position - before - corpus.offsets[text];
  return t < 0 ? -1 : corpus.texts[text][t];
}
