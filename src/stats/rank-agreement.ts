/**
 * Rank agreement of words' values with the true ones: Kendall's tau-b with interval over words
 * (paper, section 5.1 and Table 4).
 */
import { bootstrapAll, kendallTau, tauOfDraws } from "./index.js";
import type { Interval, Resampling } from "./interval.js";

/** Kendall's tau of two orders with its interval, p-value and distance. */
export interface KendallResult {
  /** Tau-b with interval over words. */
  tau: Interval;
  pValue: number;
  /** Discordant pairs divided by pairs tied in neither list. */
  distance: number;
}

type Numbers = ArrayLike<number>;

/**
 * Rank correlation of values with the true ones.
 * @param values one per word, at least two words
 * @param truth the true values of the same words in the same order
 * @throws ShapeError when the lengths differ or are below 2
 */
export function rankAgreement(values: Numbers, truth: Numbers, resampling: Resampling): KendallResult {
  return compareRankAgreement(values, [], truth, resampling).first;
}

/**
 * Compares the rank agreement of one list of values with that of others, over the same resamples of
 * the words.
 * @returns the agreement of each, and tau(first) - tau(other) for each of the others
 * @throws ShapeError as `rankAgreement`
 */
export function compareRankAgreement(
  first: Numbers,
  others: readonly Numbers[],
  truth: Numbers,
  resampling: Resampling,
): { first: KendallResult; others: { result: KendallResult; difference: Interval }[] } {
  const orders = [first, ...others];
  const tausOfDraws = orders.map((values) => tauOfDraws(values, truth));
  const statistics = (indices: Int32Array): number[] => {
    const taus = tausOfDraws.map((tau) => tau(indices));
    return [...taus, ...taus.slice(1).map((tau) => taus[0] - tau)];
  };
  const intervals = bootstrapAll(truth.length, statistics, { ...resampling, unit: "word" });
  const [own, ...rest] = orders.map((values, k): KendallResult => {
    const { pValue, distance } = kendallTau(values, truth);
    return { tau: intervals[k], pValue, distance };
  });
  return { first: own, others: rest.map((result, k) => ({ result, difference: intervals[orders.length + k] })) };
}
