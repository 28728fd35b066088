/** q-values of multiple tests. */

/**
 * q-values of Benjamini and Hochberg 1995: the smallest false discovery rate at which each p-value
 * is rejected.
 * @param pValues of all tests of the family
 * @returns in the same order, each at least its p-value
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[b] - pValues[a]);
  const qValues = new Array<number>(pValues.length);
  let smallest = 1;
  for (const [rank, i] of order.entries()) {
    smallest = Math.min(smallest, (pValues[i] * pValues.length) / (pValues.length - rank));
    qValues[i] = smallest;
  }
  return qValues;
}
