/** Metrics of a batch under the names of TRL's current trainer, and warnings derived from them. */
import { askedKlCoef } from "../kl-diagnosis.js";
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
 * KL per response of the optimal policy, in nats, for rewards of this spread; see `askedKlCoef`.
 */
const restingKl = (spread: number, klCoef: number): number => spread ** 2 / (2 * klCoef ** 2);

/** A sentence that compares the coefficient with the one that the spread of rewards requires. */
export function klNote(statistics: StepStatistics, { klCoef, klTarget }: PpoSettings): string {
  const spread = statistics["ppo/std_scores"];
  const used = statistics["objective/kl_coef"];
  const asked = `a KL of ${klTarget} nats per response asks for a coefficient of ${askedKlCoef(spread, klTarget).toFixed(3)}`;
  const found = klCoef === "auto" ? "which is used" : `${used.toFixed(3)} is used`;
  const gives = used > 0 ? ` (about ${restingKl(spread, used).toFixed(1)} nats)` : "";
  return `the base model's rewards have a standard deviation of ${spread.toFixed(2)}: ${asked}, ${found}${klCoef === "auto" ? "" : gives}`;
}

/**
 * A sentence with the cause when KL is negative or far above its target, or when the controller has
 * lowered the coefficient so far that KL will be; undefined otherwise.
 */
export function klWarning(statistics: StepStatistics, settings: PpoSettings): string | undefined {
  const kl = statistics["objective/kl"];
  if (kl < -1)
    return `KL per response: expected at least 0, received ${kl.toFixed(2)}: the responses were not sampled from the policy's own distribution. Sample at temperature 1 from the whole vocabulary, and end responses only at the model's end-of-text token.`;
  if (kl < 2 * settings.klTarget) return loweredTooFar(statistics, settings);
  const clipped = statistics["ppo/policy/clipfrac"];
  const moved = statistics["ppo/policy/approxkl"];
  const cause =
    clipped > 0.3 || moved > 0.1
      ? `updates are too large (clip fraction ${clipped.toFixed(2)}, approximate KL per update ${moved.toFixed(3)}): lower learningRate (${settings.learningRate})`
      : `the penalty is too weak for this reward: raise klCoef (now ${statistics["objective/kl_coef"].toFixed(3)})`;
  return `KL per response is ${kl.toFixed(1)} nats, far above the target of ${settings.klTarget}: ${cause}.`;
}

/**
 * The adaptive controller lowers the coefficient while KL is still rising to the target, so KL may
 * rise far beyond it.
 */
function loweredTooFar(statistics: StepStatistics, { adaptiveKl, klTarget }: PpoSettings): string | undefined {
  const [kl, klCoef, spread] = ["objective/kl", "objective/kl_coef", "ppo/std_scores"].map((name) => statistics[name]);
  const gives = restingKl(spread, klCoef);
  if (!adaptiveKl || kl > klTarget || !(gives > 4 * klTarget)) return undefined;
  return `the controller has lowered klCoef to ${klCoef.toFixed(3)} while KL per response (${kl.toFixed(1)} nats) is below its target of ${klTarget}; rewards with a standard deviation of ${spread.toFixed(2)} then end at about ${gives.toFixed(0)} nats. Set adaptiveKl to false, or raise klHorizon.`;
}
