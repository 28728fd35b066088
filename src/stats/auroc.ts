/** Area under the ROC curve. */

/**
 * Probability that a true one's value is above a false one's, ties counting one half: Mann and Whitney's U
 * by ranks (Hanley and McNeil 1982). NaN where all or none are true.
 */
export function areaUnderCurve(values: readonly number[], isTrue: readonly boolean[]): number {
  const order = [...values.keys()].sort((a, b) => values[a] - values[b]);
  let [sum, trueCount] = [0, 0];
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]] === values[order[start]]) end++;
    // Equal values share the mean of their ranks, which count from 1.
    const rank = (start + 1 + end) / 2;
    for (let i = start; i < end; i++) {
      if (!isTrue[order[i]]) continue;
      sum += rank;
      trueCount++;
    }
    start = end;
  }
  return (sum - (trueCount * (trueCount + 1)) / 2) / (trueCount * (values.length - trueCount));
}
