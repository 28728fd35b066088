/** The strongest activations of a feature, which its name must describe. */
import type { FeatureEvidence } from "../../evidence/collect-evidence.js";
import { type CorpusIndex, FOLDS } from "./corpus-index.js";

/** Maximal share of all tokens among the strongest places, unless they are at most `SMALL`. */
const MOST_SHARE = 0.02;
const SMALL = 50;
/** Number of highest activations, about as many as a reader sees. */
const READ = 20;

export interface StrongPlaces {
  positions: number[];
  /** Their number in each fold. */
  perFold: Float64Array;
  /** Whether these are only the twenty highest activations. */
  highestOnly: boolean;
}

/**
 * A feature's strongest places, in two variants. First: activations of at least half the median of
 * the twenty highest, which is robust to a single outlier; at most 2% of all tokens, or fifty if
 * that is more. Second: only the twenty highest, since a feature that is active nearly everywhere
 * may have a common property only there.
 */
export function strongPlaces({ positions, codes }: FeatureEvidence, index: CorpusIndex): StrongPlaces[] {
  const order = [...codes.keys()].sort((a, b) => codes[b] - codes[a] || a - b);
  const reference = codes[order[Math.min(READ / 2, Math.floor(order.length / 2))]];
  const most = Math.max(SMALL, MOST_SHARE * index.corpus.textOf.length);
  const strong = order.filter((i, rank) => rank < most && codes[i] >= reference / 2);
  const places = (chosen: readonly number[], highestOnly: boolean): StrongPlaces => {
    const perFold = new Float64Array(FOLDS);
    for (const i of chosen) perFold[index.foldOf(positions[i])]++;
    return { positions: chosen.map((i) => positions[i]), perFold, highestOnly };
  };
  const all = places(strong, false);
  return strong.length > READ ? [all, places(strong.slice(0, READ), true)] : [all];
}
