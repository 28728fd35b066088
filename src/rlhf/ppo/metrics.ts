/**
 * What is logged of a batch, under the names that TRL's current trainer logs, and warnings drawn
 * from it.
 */
import type { MetricNames, StepStatistics } from "../trainer.js";
import type { PpoSettings } from "./settings.js";

/** Metric -> name among the step's statistics, which has TRL 0.7.7's names. */
export const ppoMetricNames: MetricNames = {
  "objective/kl": "objective/kl",
  "objective/kl_coef": "objective/kl_coef",
  "objective/entropy": "objective/entropy",
  "objective/scores": "ppo/mean_scores",
  "objective/scores_std": "ppo/std_scores",
  "objective/non_score_reward": "ppo/mean_non_score_reward",
  "policy/approxkl_avg": "ppo/policy/approxkl",
  "policy/clipfrac_avg": "ppo/policy/clipfrac",
  "policy/entropy_avg": "ppo/policy/entropy",
  "loss/policy_avg": "ppo/loss/policy",
  "loss/value_avg": "ppo/loss/value",
  "val/clipfrac_avg": "ppo/val/clipfrac",
  "val/ratio": "ppo/val/ratio",
  "val/var_explained": "ppo/val/var_explained",
  "tokens/responses_len_mean": "tokens/responses_len_mean",
  lr: "ppo/learning_rate",
};

/** A sentence that names the cause when the KL does not do what it should; undefined when all is well. */
export function klWarning(statistics: StepStatistics, settings: PpoSettings): string | undefined {
  const kl = statistics["objective/kl"];
  if (kl < -1)
    return `KL is ${kl.toFixed(2)}, below zero: the responses were not sampled from the policy as it is scored. Sample at temperature 1 from the whole vocabulary, and end responses only at the model's end-of-text token.`;
  if (kl < 2 * settings.klTarget) return undefined;
  const clipped = statistics["ppo/policy/clipfrac"];
  const moved = statistics["ppo/policy/approxkl"];
  const cause =
    clipped > 0.3 || moved > 0.1
      ? `updates are too large (clip fraction ${clipped.toFixed(2)}, approximate KL per update ${moved.toFixed(3)}): lower learningRate (${settings.learningRate})`
      : `the penalty is too weak for this reward: raise klCoef (now ${statistics["objective/kl_coef"].toFixed(3)})`;
  return `KL has run to ${kl.toFixed(1)} nats per response, the target is ${settings.klTarget}; ${cause}.`;
}
