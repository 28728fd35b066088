/** Implicit rewards of whole completions, and their correlation with the given reward. */
import type { Rng } from "../../rng.js";
import { bootstrapAll, type Interval, pearsonCorrelation, tauOfDraws, valuesOf } from "../../stats/index.js";
import type { Resampling } from "../../stats/interval.js";

/** A completion with its given rewards and its log-probability under both models. */
export interface ScoredCompletion {
  /** The number of its prompt; one completion per prompt and model. */
  prompt: number;
  /** The model that it was sampled from. */
  source: "base" | "tuned";
  /** Token ids of the completion, without the prompt. */
  ids: readonly number[];
  /** Reward of prompt and completion. */
  reward: number;
  /** Reward of the completion only. */
  completionReward: number;
  /** Log-probability of the completion after its prompt, in nats. */
  baseLogProb: number;
  tunedLogProb: number;
}

/**
 * A set of completions. `base`, `tuned`: those of one model, one per prompt, centred by their mean.
 * `withinPrompt`: the tuned model's completion minus the base model's of the same prompt, in which
 * the constant of the prompt cancels.
 */
export type TextSource = "base" | "tuned" | "withinPrompt";

export const textSources: readonly TextSource[] = ["base", "tuned", "withinPrompt"];

/** What a reward is given to: prompt and completion, or the completion only. */
export type RewardedText = "completion" | "promptAndCompletion";

/**
 * The implicit reward of a completion: log p_tuned - log p_base of all its tokens, in nats. At the
 * optimum of a reward under a KL penalty it is the reward divided by the penalty's weight, up to a
 * constant per prompt.
 * @see Rafailov et al. 2023, arXiv:2305.18290, equation 5
 */
export const logRatio = ({ tunedLogProb, baseLogProb }: ScoredCompletion): number => tunedLogProb - baseLogProb;

/**
 * One number per prompt: a number of each completion, or the difference of the two.
 * @returns in the order of the prompts; prompts without both completions are left out of
 *   `withinPrompt`
 */
export function perPrompt(
  completions: readonly ScoredCompletion[],
  source: TextSource,
  of: (completion: ScoredCompletion) => number,
): Float64Array {
  const by = (model: ScoredCompletion["source"]) => completions.filter((one) => one.source === model);
  if (source !== "withinPrompt") return Float64Array.from(by(source), of);
  const ofBase = new Map(by("base").map((one) => [one.prompt, one]));
  const pairs = by("tuned").filter(({ prompt }) => ofBase.has(prompt));
  return Float64Array.from(pairs, (tuned) => of(tuned) - of(ofBase.get(tuned.prompt)!));
}

/** Correlation of the completions' implicit rewards with their given rewards, for one source. */
export interface TextAgreement {
  source: TextSource;
  rewarded: RewardedText;
  pearson: Interval;
  kendall: Interval;
  /** sqrt((1 - Pearson) / 2), 0 for the same reward up to scale and shift, 1 for its opposite. */
  epicDistance: Interval;
  /** Pearson with the reward of another prompt's text. */
  shuffled: Interval;
  /**
   * Pearson of the reward with the base model's log-probability, which does not depend on tuning.
   */
  baseLogProb: Interval;
}

/**
 * Correlation of implicit rewards with given rewards within each source, prompts resampled.
 *
 * The distance is EPIC's Pearson distance over the completions of the source. EPIC first removes
 * potential shaping by sampling transitions. For a reward that is given once, at the end of a
 * response, this reduces to centring.
 * @param rng pairs texts with the rewards of other prompts
 * @see Gleave, Dennis, Legg, Russell, Leike 2021, "Quantifying Differences in Reward Functions"
 */
export function textAgreement(
  completions: readonly ScoredCompletion[],
  { rng, resampling }: { rng: Rng; resampling: Resampling },
): TextAgreement[] {
  return textSources.flatMap((source) => {
    const values = perPrompt(completions, source, logRatio);
    const baseLogProbs = perPrompt(completions, source, ({ baseLogProb }) => baseLogProb);
    if (values.length < 2) return [];
    return (["completion", "promptAndCompletion"] as const).map((rewarded) => {
      const rewards = perPrompt(completions, source, (one) =>
        rewarded === "completion" ? one.completionReward : one.reward,
      );
      const others = ofOthers(rewards, rng);
      const tau = tauOfDraws(values, rewards);
      const statistics = (indices: Int32Array): number[] => {
        const [value, reward, other, likelihood] = [values, rewards, others, baseLogProbs].map((list) =>
          valuesOf(indices, list),
        );
        const pearson = pearsonCorrelation(value, reward);
        return [
          pearson,
          tau(indices),
          Math.sqrt((1 - pearson) / 2),
          pearsonCorrelation(value, other),
          pearsonCorrelation(likelihood, reward),
        ];
      };
      const [pearson, kendall, epicDistance, shuffled, baseLogProb] = bootstrapAll(values.length, statistics, {
        ...resampling,
        unit: "prompt",
      });
      return { source, rewarded, pearson, kendall, epicDistance, shuffled, baseLogProb };
    });
  });
}

/** A permutation of the values in which none keeps its place. */
export function ofOthers(values: Float64Array, rng: Rng): Float64Array {
  const order = rng.permutation(values.length);
  const moved = new Float64Array(values.length);
  for (const [k, i] of order.entries()) moved[i] = values[order[(k + 1) % order.length]];
  return moved;
}
