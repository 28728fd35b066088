/** Completions of the same prompts by both models, and how much more probable a model makes the tuned one's. */

import type { LanguageModel } from "../../model/language-model.js";
import { completionLogProbs } from "../../rlhf/evaluate.js";
import { sum } from "../../stats/moments.js";

/** A prompt with what each model made of it, as token ids without the prompt. */
export interface TextPair {
  readonly prompt: readonly number[];
  readonly base: readonly number[];
  readonly tuned: readonly number[];
}

/** The two texts of pairs as rows, the tuned model's first, and their prompts' lengths. */
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
 * log p(the tuned model's completion) - log p(the base model's completion) of each pair, in nats. The
 * difference between two models is a difference of log-ratios, in which the constant of the prompt
 * cancels; its expectation for tuned and base model is KL(tuned || base) + KL(base || tuned).
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
