/** The outcome of one method on one pair. */
import type { BenchmarkOutcome, BenchmarkRanking, BenchmarkTruth } from "../../results/benchmark.js";
import { normalTwoSidedP, Z_95 } from "../../stats/normal.js";
import { auroc, averagePrecision, recallAt, rightAmongFirst } from "../scores.js";

/** Hypotheses that a reader would look at. */
export const FIRST = 10;
/** Below every size of a value, for hypotheses of which a method says nothing. */
const NOTHING = -1;

/** Two-sided 95% bound for `count` normal values together (Bonferroni), in standard errors. */
export function familyBound(count: number): number {
  let [low, high] = [0, 40];
  // Bisection, since the tail has no inverse in closed form.
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (normalTwoSidedP(middle) * count > 0.05) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * Scores a ranking by the truth.
 * @param known undefined where the truth is held back
 * @param bound of `familyBound`
 */
export function scorePair(
  { pair, method }: { pair: string; method: string },
  { seconds, scores }: BenchmarkRanking,
  known: BenchmarkTruth | undefined,
  bound: number,
): BenchmarkOutcome {
  const leftOut = new Set(known?.leftOut ?? []);
  const rows = scores.filter(({ hypothesis }) => !leftOut.has(hypothesis));
  const said = rows.flatMap(({ score }) => (score ? [score] : []));
  const beyond = (factor: number) =>
    said.filter(({ value, low, high }) => value - factor * (value - low) > 0 || value + factor * (high - value) < 0)
      .length;
  const counts = { said: said.length, beyond95: beyond(1), beyondAll: beyond(bound / Z_95) };
  const nothing = { recallAt10: null, averagePrecision: null, auroc: null, rightSign: null };
  const truth = known?.truth ?? {};
  if (Object.keys(truth).length === 0) return { pair, method, seconds, ...nothing, ...counts };
  const ranked = rows.map(({ hypothesis, score }) => ({
    strength: score ? Math.abs(score.value) : NOTHING,
    isTrue: hypothesis in truth,
    isRight: Math.sign(score?.value ?? 0) === truth[hypothesis],
  }));
  return {
    ...{ pair, method, seconds },
    recallAt10: recallAt(ranked, FIRST),
    averagePrecision: averagePrecision(ranked),
    auroc: auroc(ranked),
    // A value of 0 has no sign.
    rightSign: rightAmongFirst(
      ranked.filter(({ strength }) => strength > 0),
      FIRST,
    ),
    ...counts,
  };
}
