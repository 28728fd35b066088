/** Labels of features: of all hypotheses the one that a feature's activations correlate with most. */

/** A feature needs to be active on so many tokens, and to correlate so much. */
const LEAST_ACTIVE = 8;
const LEAST_CORRELATION = 0.1;

/**
 * @param codes feature activations [tokens, features]
 * @param marks hypothesis -> marks [tokens]
 * @returns the index of each feature's hypothesis; undefined where none fits
 */
export function labelFeatures(
  codes: Float32Array,
  features: number,
  marks: readonly Uint8Array[],
): (number | undefined)[] {
  const tokens = codes.length / features;
  const sums = new Float64Array(features);
  const squares = new Float64Array(features);
  const active = new Uint32Array(features);
  // Activations are sparse: per token the features that are active.
  const activeAt = Array.from({ length: tokens }, (_, token) => {
    const own: number[] = [];
    for (let feature = 0; feature < features; feature++) {
      const value = codes[token * features + feature];
      if (value === 0) continue;
      own.push(feature);
      sums[feature] += value;
      squares[feature] += value * value;
      active[feature]++;
    }
    return own;
  });
  const best = new Float64Array(features).fill(LEAST_CORRELATION);
  const labels: (number | undefined)[] = new Array(features).fill(undefined);
  for (const [hypothesis, own] of marks.entries()) {
    let [markSum, markSquares] = [0, 0];
    const products = new Float64Array(features);
    for (let token = 0; token < tokens; token++) {
      const mark = own[token];
      if (mark === 0) continue;
      markSum += mark;
      markSquares += mark * mark;
      for (const feature of activeAt[token]) products[feature] += mark * codes[token * features + feature];
    }
    const markSpread = tokens * markSquares - markSum ** 2;
    if (markSpread <= 0) continue;
    for (let feature = 0; feature < features; feature++) {
      if (active[feature] < LEAST_ACTIVE) continue;
      const spread = tokens * squares[feature] - sums[feature] ** 2;
      const correlation = (tokens * products[feature] - markSum * sums[feature]) / Math.sqrt(spread * markSpread);
      if (correlation > best[feature]) {
        best[feature] = correlation;
        labels[feature] = hypothesis;
      }
    }
  }
  return labels;
}
