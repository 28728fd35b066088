/** Quantiles of a sample. */
import { ConfigError } from "../errors.js";

/**
 * The value below which the share `q` of `values` lies, with linear interpolation: NumPy's default
 * method (Hyndman and Fan 1996, type 7). Does not change `values`.
 * @param q 0..1; 0.5 is the median
 * @throws ConfigError when `values` is empty or holds NaN, or q is outside 0..1
 */
export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values).sort();
  // A typed array sorts NaN to its end.
  if (sorted.length === 0 || Number.isNaN(sorted[sorted.length - 1])) {
    const received = sorted.length === 0 ? "none" : "NaN among them";
    throw new ConfigError("quantile", [{ path: "values", expected: "at least one number", received }]);
  }
  if (!(q >= 0 && q <= 1)) throw new ConfigError("quantile", [{ path: "q", expected: "0..1", received: String(q) }]);
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const share = position - below;
  const low = sorted[below];
  const high = sorted[Math.min(below + 1, sorted.length - 1)];
  // From the nearer end, as NumPy does, so that equal neighbours give exactly their value.
  return share < 0.5 ? low + (high - low) * share : high - (high - low) * (1 - share);
}
