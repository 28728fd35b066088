/** Completions of the same prompts by both models, and their contrast under a model. */

import type { LanguageModel } from "../../model/language-model.js";
import { completionLogProbs } from "../../rlhf/evaluate.js";
import { sum } from "../../stats/moments.js";

/** Both models' completions of a prompt, as token ids without the prompt. */
export interface TextPair {
  readonly prompt: readonly number[];
  readonly base: readonly number[];
  readonly tuned: readonly number[];
}

/** The texts of pairs as rows, the tuned model's first, and the lengths of their prompts. */
export function rowsOf(pairs: readonly TextPair[]): { rows: number[][]; given: number[] } {
  return {
    rows: pairs.flatMap(({ prompt, base, tuned }) => [
      [...prompt, ...tuned],
      [...prompt, ...base],
    ]),
    given: pairs.flatMap(({ prompt }) => [prompt.length, prompt.length]),
  };
}

/**
 * The contrast under a model: log p(tuned model's completion) - log p(base model's completion), per
 * pair, in nats. A difference of contrasts between two models is a difference of log-ratios, in
 * which the constant of the prompt cancels. For tuned minus base model its expectation is
 * KL(tuned || base) + KL(base || tuned).
 */
export async function contrast(
  model: LanguageModel,
  pairs: readonly TextPair[],
  signal?: AbortSignal,
): Promise<Float64Array> {
  const { rows, given } = rowsOf(pairs);
  const logProbs = await completionLogProbs(model, rows, given, { signal });
  return Float64Array.from(pairs, (_, pair) => sum(logProbs[2 * pair]) - sum(logProbs[2 * pair + 1]));
}
