/** The statistics of a PPO step under TRL 0.7.7's names. */
import { mean, standardDeviation, sum } from "../../stats/moments.js";
import { momentsOf, type PerToken } from "./advantages.js";
import type { Experience, ScoredResponses } from "./experience.js";

/**
 * TRL's names, such as `objective/kl`, `ppo/loss/policy`, `ppo/mean_scores`; all are means over the
 * batch.
 */
export type PpoStatistics = Record<string, number>;

/** Moments of a minibatch's returns, old values and advantages, as TRL names them under `ppo/`. */
export function minibatchMoments({
  returns,
  values,
  advantages,
}: Record<"returns" | "values" | "advantages", PerToken>): PpoStatistics {
  const [ofReturns, ofValues] = [momentsOf(returns), momentsOf(values)];
  return {
    "returns/mean": ofReturns.mean,
    "returns/var": ofReturns.variance,
    "val/mean": ofValues.mean,
    "val/var": ofValues.variance,
    "policy/advantages_mean": momentsOf(advantages).mean,
  };
}

/**
 * KL of policy and reference as sampled: the mean over responses of the sum over tokens of log p -
 * log p_ref, in nats.
 */
export function sampledKl({ logprobs, refLogprobs }: Experience): number {
  return mean(logprobs.map((row, i) => row.reduce((sum, logprob, t) => sum + logprob - refLogprobs[i][t], 0)));
}

/** @param minibatches one record per gradient step, averaged under `ppo/` */
export function stepStatistics(
  experience: Experience,
  { queries, responses, scores }: ScoredResponses,
  minibatches: readonly PpoStatistics[],
  { klCoef, learningRate }: { klCoef: number; learningRate: number },
): PpoStatistics {
  const lengths = (rows: readonly (readonly number[])[]) => rows.map((row) => row.length);
  const result: PpoStatistics = {
    "objective/kl": sampledKl(experience),
    "objective/kl_coef": klCoef,
    "objective/entropy": mean(experience.logprobs.map((row) => -sum(row))),
    "ppo/mean_non_score_reward": momentsOf(experience.nonScoreRewards).mean,
    "ppo/mean_scores": mean(scores),
    "ppo/std_scores": standardDeviation(scores),
    "tokens/queries_len_mean": mean(lengths(queries)),
    "tokens/queries_len_std": standardDeviation(lengths(queries)),
    "tokens/responses_len_mean": mean(lengths(responses)),
    "tokens/responses_len_std": standardDeviation(lengths(responses)),
  };
  for (const name of Object.keys(minibatches[0]))
    result[`ppo/${name}`] = mean(minibatches.map((statistics) => statistics[name]));
  result["ppo/val/var_explained"] = 1 - result["ppo/val/error"] / result["ppo/returns/var"];
  result["ppo/learning_rate"] = learningRate;
  return result;
}
