/** Bootstrap intervals over units (Efron 1979). */
import { ConfigError, ShapeError } from "../errors.js";
import type { Rng } from "../rng.js";
import { quantile } from "./quantile.js";

/** A mean, share, tau or difference with its 95% bootstrap interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Number of units that were resampled. */
  readonly n: number;
  readonly unit: "prompt" | "word" | "text" | "feature" | "token" | "group";
}

/** The number of resamples, their random numbers, and the unit that is drawn. */
export interface BootstrapOptions {
  readonly rng: Rng;
  /** The unit of resampling, for the result. */
  readonly unit: Interval["unit"];
  /** Default 2000. */
  readonly resamples?: number;
}

/**
 * Any statistic of n units with its 95% percentile interval.
 * @param statistic of n units with these indices, drawn with replacement; `value` is its value on
 *   0..n-1. The array is reused for the next resample. Resamples whose statistic is NaN (e.g. a
 *   correlation of n copies of one unit) are left out of the interval; if all are, its ends are
 *   NaN.
 * @throws ConfigError when n is 0
 */
export function bootstrap(n: number, statistic: (indices: Int32Array) => number, options: BootstrapOptions): Interval {
  return bootstrapAll(n, (indices) => [statistic(indices)], options)[0];
}

/**
 * Several statistics of the same units over the same resamples, computed together.
 * @param statistics returns always the same number of values; otherwise as in `bootstrap`
 * @returns one interval per statistic
 * @throws ConfigError when n is 0
 */
export function bootstrapAll(
  n: number,
  statistics: (indices: Int32Array) => ArrayLike<number>,
  { rng, unit, resamples = 2000 }: BootstrapOptions,
): Interval[] {
  if (n < 1) throw new ConfigError("bootstrap", [{ path: "n", expected: "at least 1 unit", received: String(n) }]);
  const indices = Int32Array.from({ length: n }, (_, i) => i);
  const values = Array.from(statistics(indices));
  const replicates: number[][] = values.map(() => []);
  for (let resample = 0; resample < resamples; resample++) {
    for (let i = 0; i < n; i++) indices[i] = rng.integer(n);
    const drawn = statistics(indices);
    for (const [k, list] of replicates.entries()) if (!Number.isNaN(drawn[k])) list.push(drawn[k]);
  }
  return values.map((value, k) => {
    if (replicates[k].length === 0) return { value, low: Number.NaN, high: Number.NaN, n, unit };
    return { value, low: quantile(replicates[k], 0.025), high: quantile(replicates[k], 0.975), n, unit };
  });
}

/** The values of the drawn units: values[indices[i]] at i. */
export function valuesOf(indices: ArrayLike<number>, values: ArrayLike<number>): Float64Array {
  // A loop, since this is called for every resample, where Float64Array.from takes four times as long.
  const drawn = new Float64Array(indices.length);
  for (let i = 0; i < indices.length; i++) drawn[i] = values[indices[i]];
  return drawn;
}

/**
 * The mean of `values`, one per unit, with its 95% percentile interval.
 * @throws ConfigError when there are no values
 */
export function bootstrapMean(values: ArrayLike<number>, options: BootstrapOptions): Interval {
  return bootstrap(
    values.length,
    (indices) => {
      let sum = 0;
      for (let i = 0; i < indices.length; i++) sum += values[indices[i]];
      return sum / indices.length;
    },
    options,
  );
}

/**
 * The mean of a[i] - b[i] over units measured twice, with its 95% percentile interval; pairs are
 * resampled together.
 * @throws ShapeError when the lengths differ, ConfigError when there are no values
 */
export function bootstrapDifference(a: ArrayLike<number>, b: ArrayLike<number>, options: BootstrapOptions): Interval {
  if (a.length !== b.length) {
    throw new ShapeError(`bootstrapDifference: expected equal lengths, received ${a.length} and ${b.length} values`);
  }
  return bootstrapMean(
    Float64Array.from(a, (value, i) => value - b[i]),
    options,
  );
}
