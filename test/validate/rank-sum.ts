/** Whether one list's numbers are larger than another's: the area under the ROC curve and its exact p-value. */

/** Share of pairs (x, y) with x > y, ties counting one half; NaN when a list is empty. */
export function areaUnderCurve(xs: readonly number[], ys: readonly number[]): number {
  let wins = 0;
  for (const x of xs) for (const y of ys) wins += x > y ? 1 : x === y ? 0.5 : 0;
  return wins / (xs.length * ys.length);
}

/**
 * Probability of at least as many pairs with x > y if all orders were equally likely (Mann and Whitney 1947), without ties.
 * Counts the ways to have u such pairs among n x's and m y's: the largest number is an x, above all m y's, or a y.
 */
export function rankSumP(xs: readonly number[], ys: readonly number[]): number {
  const ways = (n: number, m: number): number[] => {
    let row = Array.from({ length: m + 1 }, () => [1]);
    for (let i = 1; i <= n; i++) {
      const next: number[][] = [[1]];
      for (let j = 1; j <= m; j++) {
        const counts = new Array<number>(i * j + 1).fill(0);
        for (const [u, count] of row[j].entries()) counts[u + j] += count;
        for (const [u, count] of next[j - 1].entries()) counts[u] += count;
        next.push(counts);
      }
      row = next;
    }
    return row[m];
  };
  const counts = ways(xs.length, ys.length);
  const pairs = Math.floor(areaUnderCurve(xs, ys) * xs.length * ys.length);
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, count, u) => (u >= pairs ? sum + count : sum), 0) / total;
}
