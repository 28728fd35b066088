/** How far an order of words is from the true one: Kendall's tau-b with interval over words (paper, section 5.1 and Table 4). */
import { bootstrap, kendallTau } from "../stats/index.js";
import type { Interval, Resampling } from "./interval.js";

export interface KendallResult {
  /** Tau-b with interval over words. */
  tau: Interval;
  pValue: number;
  /** Discordant pairs divided by pairs tied in neither list. */
  distance: number;
}

type Numbers = ArrayLike<number>;

const taken = (values: Numbers, indices: Int32Array): Float64Array => Float64Array.from(indices, (i) => values[i]);

/**
 * Rank correlation of values with the true ones.
 * @param values one per word, at least two words
 * @param truth of the same words in the same order
 * @throws ShapeError when the lengths differ or are below 2
 */
export function rankAgreement(values: Numbers, truth: Numbers, resampling: Resampling): KendallResult {
  const { pValue, distance } = kendallTau(values, truth);
  const statistic = (indices: Int32Array) => kendallTau(taken(values, indices), taken(truth, indices)).tau;
  return { tau: bootstrap(values.length, statistic, { ...resampling, unit: "word" }), pValue, distance };
}

/** tau(first, truth) - tau(second, truth), words resampled together. @throws ShapeError as `rankAgreement` */
export function rankAgreementDifference(
  first: Numbers,
  second: Numbers,
  truth: Numbers,
  resampling: Resampling,
): Interval {
  const statistic = (indices: Int32Array) => {
    const drawn = taken(truth, indices);
    return kendallTau(taken(first, indices), drawn).tau - kendallTau(taken(second, indices), drawn).tau;
  };
  return bootstrap(truth.length, statistic, { ...resampling, unit: "word" });
}
