/**
 * Rewards per token, generalised advantage estimation, and whitening. One array per response;
 * nothing is padded.
 */

export type PerToken = readonly Float64Array[];

/**
 * Reward of every response token: the KL penalty -klCoef (log p - log p_ref), and the score at the
 * last token.
 * @param scores one per response
 */
export function tokenRewards(
  logprobs: PerToken,
  refLogprobs: PerToken,
  scores: readonly number[],
  klCoef: number,
): { rewards: Float64Array[]; nonScoreRewards: Float64Array[] } {
  const nonScoreRewards = logprobs.map((row, i) => row.map((logprob, t) => -klCoef * (logprob - refLogprobs[i][t])));
  const rewards = nonScoreRewards.map((row, i) => {
    const withScore = row.slice();
    withScore[row.length - 1] += scores[i];
    return withScore;
  });
  return { rewards, nonScoreRewards };
}

/**
 * Generalised advantage estimation (Schulman et al. 2016, arXiv:1506.02438, section 3) over each
 * response.
 * @param rewards per token, the KL penalty already subtracted
 * @param values  value head at the same tokens
 * @param options gamma: discount per token; lambda: decay; both 0..1
 * @returns advantages, not whitened, and returns = advantages + values
 */
export function computeGae(
  rewards: PerToken,
  values: PerToken,
  { gamma, lambda }: { gamma: number; lambda: number },
): { advantages: Float64Array[]; returns: Float64Array[] } {
  const advantages = rewards.map((row, i) => {
    const advantage = new Float64Array(row.length);
    let carried = 0;
    for (let t = row.length - 1; t >= 0; t--) {
      const nextValue = t + 1 < row.length ? values[i][t + 1] : 0;
      carried = row[t] + gamma * nextValue - values[i][t] + gamma * lambda * carried;
      advantage[t] = carried;
    }
    return advantage;
  });
  return { advantages, returns: advantages.map((row, i) => row.map((advantage, t) => advantage + values[i][t])) };
}

/** Mean and unbiased variance over all tokens of all responses. */
export function momentsOf(rows: PerToken): { mean: number; variance: number; count: number } {
  let count = 0;
  let sum = 0;
  for (const row of rows) for (const value of row) sum += value;
  for (const row of rows) count += row.length;
  const mean = sum / count;
  let squares = 0;
  for (const row of rows) for (const value of row) squares += (value - mean) ** 2;
  return { mean, variance: squares / (count - 1), count };
}

/** Divided by the standard deviation, and centred unless `keepMean` (TRL's masked_whiten). */
export function whiten(rows: PerToken, { keepMean = false } = {}): Float64Array[] {
  const { mean, variance } = momentsOf(rows);
  const scale = 1 / Math.sqrt(variance + 1e-8);
  return rows.map((row) => row.map((value) => (value - mean) * scale + (keepMean ? mean : 0)));
}
