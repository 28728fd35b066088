/**
 * Metrics of a batch under the names of TRL's current trainer, and warnings that follow from them.
 */
import type { MetricNames, StepStatistics } from "../trainer.js";
import type { PpoSettings } from "./settings.js";

/** Metric -> name among the step's statistics, whose names are TRL 0.7.7's. */
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

/**
 * A sentence with the cause when the KL is negative or far above its target; undefined otherwise.
 */
export function klWarning(statistics: StepStatistics, settings: PpoSettings): string | undefined {
  const kl = statistics["objective/kl"];
  if (kl < -1)
    return `KL per response: expected at least 0, received ${kl.toFixed(2)}: the responses were not sampled from the policy's own distribution. Sample at temperature 1 from the whole vocabulary, and end responses only at the model's end-of-text token.`;
  if (kl < 2 * settings.klTarget) return undefined;
  const clipped = statistics["ppo/policy/clipfrac"];
  const moved = statistics["ppo/policy/approxkl"];
  const cause =
    clipped > 0.3 || moved > 0.1
      ? `updates are too large (clip fraction ${clipped.toFixed(2)}, approximate KL per update ${moved.toFixed(3)}): lower learningRate (${settings.learningRate})`
      : `the penalty is too weak for this reward: raise klCoef (now ${statistics["objective/kl_coef"].toFixed(3)})`;
  return `KL per response is ${kl.toFixed(1)} nats, far above the target of ${settings.klTarget}: ${cause}.`;
}
