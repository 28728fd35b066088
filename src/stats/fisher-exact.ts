/** Fisher's exact test of 2 x 2 tables. */
import { sum } from "./moments.js";

/**
 * Two-sided p-value: the probability, given the margins, of all tables that are at most as likely
 * as this one (as in SciPy's `fisher_exact`).
 * @param table two rows of two counts
 */
export function fisherExactP(table: readonly [readonly [number, number], readonly [number, number]]): number {
  const [[a, b], [c, d]] = table;
  const logFactorials = new Float64Array(a + b + c + d + 1);
  for (let n = 2; n < logFactorials.length; n++) logFactorials[n] = logFactorials[n - 1] + Math.log(n);
  // Of x in the first cell; factors of the margins are common to all tables.
  const weight = (x: number): number =>
    -(logFactorials[x] + logFactorials[a + b - x] + logFactorials[a + c - x] + logFactorials[d - a + x]);
  const first = Math.max(0, a - d);
  const weights = Array.from({ length: Math.min(a + b, a + c) - first + 1 }, (_, i) =>
    Math.exp(weight(first + i) - weight(a)),
  );
  const total = sum(weights);
  // Tables as likely as this one differ from 1 by rounding.
  return weights.reduce((all, value) => (value <= 1 + 1e-7 ? all + value : all), 0) / total;
}
