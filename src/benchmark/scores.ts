/** How well a ranking of hypotheses finds the true ones. Ties never help: their order is taken as drawn by lot. */
import { ShapeError } from "../errors.js";
import { areaUnderCurve } from "../stats/auroc.js";

/** A hypothesis as it is scored: how strong a method says that it is, and whether it is true. */
export interface Ranked {
  /** Any order; larger is stronger. */
  readonly strength: number;
  readonly isTrue: boolean;
}

/** The number of true ones. @throws ShapeError unless there are true and false hypotheses */
function requireBoth(ranked: readonly Ranked[]): number {
  const trueCount = ranked.filter(({ isTrue }) => isTrue).length;
  const falseCount = ranked.length - trueCount;
  if (trueCount === 0 || falseCount === 0)
    throw new ShapeError(`ranking: expected true and false hypotheses, received ${trueCount} and ${falseCount}`);
  return trueCount;
}

/** Groups of equal strength, the strongest first. */
function tieGroups(ranked: readonly (Ranked & { readonly isRight?: boolean })[]) {
  const groups = new Map<number, { size: number; trueCount: number; rightCount: number }>();
  for (const { strength, isTrue, isRight } of ranked) {
    const group = groups.get(strength) ?? { size: 0, trueCount: 0, rightCount: 0 };
    group.size++;
    if (isTrue) group.trueCount++;
    if (isTrue && isRight) group.rightCount++;
    groups.set(strength, group);
  }
  return [...groups].sort(([a], [b]) => b - a).map(([, group]) => group);
}

/**
 * Probability that a true hypothesis is ranked above a false one, ties counting one half.
 * @throws ShapeError unless there are true and false hypotheses
 */
export function auroc(ranked: readonly Ranked[]): number {
  requireBoth(ranked);
  return areaUnderCurve(
    ranked.map(({ strength }) => strength),
    ranked.map(({ isTrue }) => isTrue),
  );
}

/**
 * Average precision: the sum over thresholds of the gain in recall times the precision, a group of ties being
 * one threshold, as scikit-learn's `average_precision_score`.
 * @throws ShapeError unless there are true and false hypotheses
 */
export function averagePrecision(ranked: readonly Ranked[]): number {
  const trueCount = requireBoth(ranked);
  let [seen, found, total] = [0, 0, 0];
  for (const group of tieGroups(ranked)) {
    seen += group.size;
    found += group.trueCount;
    total += (group.trueCount / trueCount) * (found / seen);
  }
  return total;
}

/**
 * True hypotheses among the `count` strongest, as a share of what could be there: all true ones, or `count` if
 * there are more. Of a group of ties on the border, the expected number is counted.
 * @throws ShapeError unless there are true and false hypotheses
 */
export function recallAt(ranked: readonly Ranked[], count: number): number {
  const trueCount = requireBoth(ranked);
  let [places, found] = [count, 0];
  for (const group of tieGroups(ranked)) {
    const taken = Math.min(places, group.size);
    found += (taken / group.size) * group.trueCount;
    places -= taken;
  }
  return found / Math.min(count, trueCount);
}

/**
 * Share of right ones among the true hypotheses of the `count` strongest, as expected for an order of ties by lot;
 * null where none of them is true.
 * @param ranked those that a method says something about
 */
export function rightAmongFirst(
  ranked: readonly (Ranked & { readonly isRight: boolean })[],
  count: number,
): number | null {
  let [places, found, right] = [count, 0, 0];
  for (const group of tieGroups(ranked)) {
    const share = Math.min(places, group.size) / group.size;
    found += share * group.trueCount;
    right += share * group.rightCount;
    places -= Math.min(places, group.size);
  }
  return found > 0 ? right / found : null;
}

/** What `recallAt` is on average for an order by lot. */
export function recallByChance(trueCount: number, all: number, count: number): number {
  return (Math.min(count, all) * trueCount) / all / Math.min(count, trueCount);
}
