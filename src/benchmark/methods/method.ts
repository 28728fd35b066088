/** A method: a file that ranks hypotheses of what a pair was rewarded for. */
import { mean, standardDeviation } from "../../stats/moments.js";
import { Z_95 } from "../../stats/normal.js";
import type { Hypothesis } from "../hypotheses/hypothesis.js";
import type { Evidence } from "../pair/evidence.js";

/** How strongly a method holds a hypothesis: above 0 rewarded, below 0 punished, with a 95% interval. */
export interface Scored {
  /** In the method's own units; hypotheses are ranked by its size. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface Method {
  /** Unique; the name of its files. */
  readonly name: string;
  readonly summary: string;
  /** Unit of the values. */
  readonly unit: string;
  /** Whether it asks for `features`, whose training is shared and no part of its time. */
  readonly readsFeatures?: boolean;
  /**
   * One entry per hypothesis, in their order; null for one that the method says nothing of, which is ranked
   * below all others.
   */
  rank(evidence: Evidence, hypotheses: readonly Hypothesis[]): Promise<(Scored | null)[]>;
}

/** A statistic that is standard normal where there is nothing to find, with its interval. */
export function zScore(z: number): Scored | null {
  return Number.isFinite(z) ? { value: z, low: z - Z_95, high: z + Z_95 } : null;
}

/** The mean of independent values and its interval by their standard error; null for fewer than `least`, or without spread. */
export function meanScore(values: readonly number[], least: number): Scored | null {
  if (values.length < least) return null;
  const value = mean(values);
  const half = Z_95 * (standardDeviation(values) / Math.sqrt(values.length));
  return half > 0 ? { value, low: value - half, high: value + half } : null;
}

/** `meanScore` in standard errors, so that what few texts have is not ranked high by chance. */
export function meanInErrors(values: readonly number[], least: number): Scored | null {
  const found = meanScore(values, least);
  return found && zScore((Z_95 * found.value) / (found.high - found.value));
}

/** 97.5% quantile of Student's t with the key's degrees of freedom. */
const STUDENT: Readonly<Record<number, number>> = {
  1: 12.706,
  2: 4.303,
  3: 3.182,
  4: 2.776,
  5: 2.571,
  6: 2.447,
  7: 2.365,
};

/** The mean over a few groups of texts, with an interval by Student's t. @param values of 2 to 8 groups */
export function groupScore(values: readonly number[]): Scored | null {
  const value = mean(values);
  const half = (STUDENT[values.length - 1] * standardDeviation(values)) / Math.sqrt(values.length);
  return Number.isFinite(half) && half > 0 ? { value, low: value - half, high: value + half } : null;
}

/**
 * Values of features, summed over those with the same label.
 * @param groups one value per feature, for each group of texts
 * @returns by hypothesis, with an interval over the groups; null where no feature has the label
 */
export function byLabel(
  groups: readonly Float64Array[],
  labels: readonly (number | undefined)[],
  hypotheses: number,
): (Scored | null)[] {
  const sums = groups.map((values) => {
    const own = new Float64Array(hypotheses);
    for (const [feature, label] of labels.entries()) if (label !== undefined) own[label] += values[feature];
    return own;
  });
  return Array.from({ length: hypotheses }, (_, h) =>
    labels.includes(h) ? groupScore(sums.map((own) => own[h])) : null,
  );
}

/** Texts cut into `count` groups, in turn. */
export function groupsOf<T>(items: readonly T[], count: number): T[][] {
  return Array.from({ length: count }, (_, group) => items.filter((_, i) => i % count === group));
}
