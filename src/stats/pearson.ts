/** Pearson's correlation. */
import { ShapeError } from "../errors.js";

/**
 * Correlation of two lists, -1..1; NaN when one is constant.
 * @throws ShapeError when the lengths differ or are below 2
 */
export function pearsonCorrelation(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const n = x.length;
  if (n !== y.length || n < 2)
    throw new ShapeError(
      `pearsonCorrelation: two lists of one length, at least 2, expected; received ${n} and ${y.length}`,
    );
  // Asked of the values themselves: rounding of the mean would give a constant list a variance.
  if (isConstant(x) || isConstant(y)) return Number.NaN;
  let [meanX, meanY] = [0, 0];
  for (let i = 0; i < n; i++) {
    meanX += x[i] / n;
    meanY += y[i] / n;
  }
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [a, b] = [x[i] - meanX, y[i] - meanY];
    xx += a * a;
    yy += b * b;
    xy += a * b;
  }
  return Math.min(1, Math.max(-1, xy / Math.sqrt(xx) / Math.sqrt(yy)));
}

/** Whether all values are equal. */
export function isConstant(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false;
  return true;
}
