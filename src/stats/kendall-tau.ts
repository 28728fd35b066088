/** Kendall's rank correlation tau-b with its p-value, in O(n log n) (Knight 1966, JASA 61:436). */
import { ConfigError, ShapeError } from "../errors.js";
import { sum } from "./moments.js";
import { normalTwoSidedP } from "./normal.js";

/** Kendall's tau-b with its test and the counts of pairs. */
export interface KendallTau {
  /** Tau-b, -1..1; NaN when one list is constant. */
  readonly tau: number;
  /** Two-sided, of independent lists; NaN when one list is constant. */
  readonly pValue: number;
  /** Pairs in the same order in both lists. */
  readonly concordant: number;
  /** Pairs in opposite order. Pairs tied in either list are neither. */
  readonly discordant: number;
  /**
   * discordant / (concordant + discordant): the share of pairs that the lists order differently;
   * NaN without such pairs.
   */
  readonly distance: number;
}

/**
 * Kendall's tau-b of two lists. The p-value is exact without ties for n <= 33 or at most one
 * discordant (or concordant) pair, else normal with the variance corrected for ties: the choice and
 * the numbers of SciPy's `kendalltau`.
 * @param x one number per item; equal numbers are tied
 * @param y the same items in the same order
 * @throws ShapeError when the lengths differ or are below 2, ConfigError when a value is NaN
 * @see Kendall, Rank Correlation Methods, 4th edition 1970, chapters 3 to 5
 */
export function kendallTau(x: ArrayLike<number>, y: ArrayLike<number>): KendallTau {
  const pairs = countPairs(rankPairs(x, y));
  const { all, xTies, yTies, concordant, discordant } = pairs;
  const n = x.length;
  const counts = { concordant, discordant, distance: discordant / (concordant + discordant) };
  const tau = tauB(pairs);
  if (Number.isNaN(tau)) return { tau, pValue: Number.NaN, ...counts };

  const fewest = Math.min(discordant, all - discordant);
  const exact = xTies.pairs === 0 && yTies.pairs === 0 && (n <= 33 || fewest <= 1);
  const score = concordant - discordant;
  const pValue = exact ? exactP(n, fewest) : normalTwoSidedP(score / Math.sqrt(varianceOfScore(n, xTies, yTies)));
  return { tau, pValue, ...counts };
}

/**
 * Kendall's tau-b of draws from the same items, which are ranked and sorted once.
 * @param x one number per item; equal numbers are tied
 * @param y the same items in the same order
 * @returns a function of the drawn indices, repeats allowed, that returns the tau-b of `kendallTau`
 *   for them
 * @throws ShapeError, ConfigError as `kendallTau`
 */
export function tauOfDraws(x: ArrayLike<number>, y: ArrayLike<number>): (indices: Int32Array) => number {
  const ranked = rankPairs(x, y);
  return (indices) => tauB(countPairs(ranked, indices));
}

/** Items of two lists with their ranks. */
interface RankedPairs {
  readonly x: Int32Array;
  readonly y: Int32Array;
  /** The items by x, then y. */
  readonly order: Int32Array;
}

interface PairCounts {
  readonly all: number;
  readonly concordant: number;
  readonly discordant: number;
  readonly xTies: Ties;
  readonly yTies: Ties;
}

function rankPairs(xs: ArrayLike<number>, ys: ArrayLike<number>): RankedPairs {
  const n = xs.length;
  if (n !== ys.length || n < 2) {
    throw new ShapeError(`kendallTau: expected two lists of equal length, at least 2, received ${n} and ${ys.length}`);
  }
  const [x, y] = [denseRanks("x", xs), denseRanks("y", ys)];
  const order = Int32Array.from(x, (_, i) => i).sort((a, b) => x[a] - x[b] || y[a] - y[b]);
  return { x, y, order };
}

/** Of all items, each once, or of those drawn. */
function countPairs({ x, y, order }: RankedPairs, indices: Int32Array = order): PairCounts {
  const times = histogram(indices, x.length);
  const drawn = new Int32Array(indices.length);
  let end = 0;
  let tiedInBoth = 0;
  let same = 0;
  let before = order[0];
  for (const i of order) {
    if (x[i] !== x[before] || y[i] !== y[before]) same = 0;
    before = i;
    tiedInBoth += times[i] * same + (times[i] * (times[i] - 1)) / 2;
    same += times[i];
    drawn.fill(y[i], end, end + times[i]);
    end += times[i];
  }
  const all = (end * (end - 1)) / 2;
  const [xTies, yTies] = [x, y].map((ranks) => countTies(ranks, times));
  const discordant = countInversions(drawn);
  const concordant = all - xTies.pairs - yTies.pairs + tiedInBoth - discordant;
  return { all, concordant, discordant, xTies, yTies };
}

function tauB({ all, concordant, discordant, xTies, yTies }: PairCounts): number {
  if (xTies.pairs === all || yTies.pairs === all) return Number.NaN;
  const tau = (concordant - discordant) / Math.sqrt(all - xTies.pairs) / Math.sqrt(all - yTies.pairs);
  return Math.min(1, Math.max(-1, tau));
}

/** Number of occurrences of each index. */
function histogram(indices: Int32Array, size: number): Int32Array {
  const times = new Int32Array(size);
  for (const i of indices) times[i]++;
  return times;
}

/** 0 for the smallest value, 1 for the next different one, and so on. */
function denseRanks(name: string, values: ArrayLike<number>): Int32Array {
  const levels = Float64Array.from(values).sort();
  if (Number.isNaN(levels[levels.length - 1])) {
    const path = `${name}[${Array.from(values).findIndex(Number.isNaN)}]`;
    throw new ConfigError("kendallTau", [{ path, expected: "a number", received: "NaN" }]);
  }
  let count = 0;
  for (let i = 0; i < levels.length; i++) {
    if (i === 0 || levels[i] !== levels[count - 1]) levels[count++] = levels[i];
  }
  const ranks = new Int32Array(values.length);
  for (let i = 0; i < ranks.length; i++) {
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (levels[middle] < values[i]) low = middle + 1;
      else high = middle;
    }
    ranks[i] = low;
  }
  return ranks;
}

/** Pairs i < j with values[i] > values[j], by merge sort from the bottom up. */
function countInversions(values: Int32Array): number {
  const n = values.length;
  let from = values;
  let to: Int32Array = new Int32Array(n);
  let inversions = 0;
  for (let width = 1; width < n; width *= 2) {
    for (let start = 0; start < n; start += 2 * width) {
      const middle = Math.min(start + width, n);
      const end = Math.min(start + 2 * width, n);
      let left = start;
      let right = middle;
      for (let out = start; out < end; out++) {
        if (right === end || (left < middle && from[left] <= from[right])) to[out] = from[left++];
        else {
          inversions += middle - left;
          to[out] = from[right++];
        }
      }
    }
    [from, to] = [to, from];
  }
  return inversions;
}

/** Tied pairs, and the two sums over runs of t equal values that the variance needs. */
interface Ties {
  readonly pairs: number;
  /** Sum of t (t - 1) (t - 2). */
  readonly triples: number;
  /** Sum of t (t - 1) (2t + 5). */
  readonly spread: number;
}

/** Of ranks, each counted as often as its item occurs. */
function countTies(ranks: Int32Array, times: Int32Array): Ties {
  const sizes = new Int32Array(ranks.length);
  for (let i = 0; i < ranks.length; i++) sizes[ranks[i]] += times[i];
  let [pairs, triples, spread] = [0, 0, 0];
  for (const t of sizes) {
    pairs += (t * (t - 1)) / 2;
    triples += t * (t - 1) * (t - 2);
    spread += t * (t - 1) * (2 * t + 5);
  }
  return { pairs, triples, spread };
}

function varianceOfScore(n: number, x: Ties, y: Ties): number {
  const m = n * (n - 1);
  const bothTied = (2 * x.pairs * y.pairs) / m + (x.triples * y.triples) / (9 * m * (n - 2));
  return (m * (2 * n + 5) - x.spread - y.spread) / 18 + bothTied;
}

/**
 * Two-sided probability of at most `inversions` inversions (or as many non-inversions) in a random
 * permutation of n. Each turn of the loop inserts one more item, at 0..j-1 inversions with equal
 * probability.
 */
function exactP(n: number, inversions: number): number {
  if (4 * inversions === n * (n - 1) || n === 2) return 1;
  let probability = new Float64Array(inversions + 1);
  probability[0] = 1;
  for (let j = 2; j <= n; j++) {
    const next = new Float64Array(inversions + 1);
    let window = 0;
    for (let k = 0; k <= inversions; k++) {
      window += probability[k] - (k >= j ? probability[k - j] : 0);
      next[k] = window / j;
    }
    probability = next;
  }
  return Math.min(1, 2 * sum(probability));
}
