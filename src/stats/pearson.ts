/** Pearson's correlation. */
import { ShapeError } from "../errors.js";

/**
 * Correlation of two lists, -1..1; NaN when one is constant.
 * @throws ShapeError when the lengths differ or are below 2
 */
export function pearsonCorrelation(x: ArrayLike<number>, y: ArrayLike<number>): number {
  if (x.length !== y.length || x.length < 2)
    throw new ShapeError(
      `pearsonCorrelation: expected two lists of equal length, at least 2, received ${x.length} and ${y.length}`,
    );
  const [a, b] = [standardised(x), standardised(y)];
  return a && b ? Math.min(1, Math.max(-1, innerProduct(a, b))) : Number.NaN;
}

/**
 * The values with mean 0 and length 1, so that inner products are correlations; undefined when all
 * are equal.
 */
export function standardised(values: ArrayLike<number>): Float64Array | undefined {
  const n = values.length;
  let mean = 0;
  let varies = false;
  for (let i = 0; i < n; i++) {
    mean += values[i] / n;
    // Decided by comparing the values, since a rounded mean would give a constant list a variance.
    varies ||= values[i] !== values[0];
  }
  if (!varies) return undefined;
  // Loops, since this is called for every resample and callbacks per element take three times as
  // long.
  const result = new Float64Array(n);
  for (let i = 0; i < n; i++) result[i] = values[i] - mean;
  const length = Math.sqrt(innerProduct(result, result));
  for (let i = 0; i < n; i++) result[i] /= length;
  return result;
}

/** Sum of a[i] b[i] over the length of a. */
export function innerProduct(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
