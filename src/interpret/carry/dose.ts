/** Reward and distance along the line through base and tuned weights. */
import type { LanguageModel } from "../../model/language-model.js";
import { type Completions, completionLogProbs, distinctBigrams } from "../../rlhf/evaluate.js";
import { bootstrapDifference, bootstrapMean, type Interval } from "../../stats/index.js";
import { sum } from "../../stats/moments.js";
import type { SummaryOptions } from "./patches.js";

/** Measures of the model with weights base + dose (tuned - base). */
export interface DosePoint {
  readonly dose: number;
  /** Mean reward of prompt and completion. */
  readonly reward: Interval;
  /** The reward minus the base model's, paired over prompts. */
  readonly change: Interval;
  /** KL(model || base) per completion, in nats, estimated on the model's own completions. */
  readonly kl: Interval;
  /** Distinct word bigrams / all word bigrams, over all completions. */
  readonly distinct2: number;
}

/** log p(model) - log p(base) of the model's own completions, in nats. */
export async function logRatiosToBase(
  model: LanguageModel,
  base: LanguageModel,
  { rows }: Completions,
  promptTokens: readonly number[],
  signal?: AbortSignal,
): Promise<number[]> {
  const [own, ofBase] = [
    await completionLogProbs(model, rows, promptTokens, { signal }),
    await completionLogProbs(base, rows, promptTokens, { signal }),
  ];
  return own.map((logProbs, row) => sum(logProbs) - sum(ofBase[row]));
}

/**
 * @param ofBase rewards of the base model's completions of the same prompts
 * @param logRatios see `logRatiosToBase`
 */
export function summariseDose(
  dose: number,
  { rewards, completions }: Completions,
  ofBase: readonly number[],
  logRatios: readonly number[],
  { rng, resamples }: SummaryOptions,
): DosePoint {
  const resampling = { rng, resamples, unit: "prompt" as const };
  return {
    dose,
    reward: bootstrapMean(rewards, resampling),
    change: bootstrapDifference(rewards, ofBase, resampling),
    kl: bootstrapMean(logRatios, resampling),
    distinct2: distinctBigrams(completions),
  };
}
