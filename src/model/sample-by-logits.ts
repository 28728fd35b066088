/** Sampling from logits that something else than one model's forward pass gives. */
import { Rng } from "../rng.js";
import type { GenerateOptions, LanguageModel } from "./language-model.js";
import { isWholeVocabulary, pickInOrder, pickToken } from "./sampling.js";

/** The logits [vocab] of the token after a row. */
export type NextLogits = (row: readonly number[]) => Promise<Float32Array>;

/** A model's own logits; every token reads the whole text anew. */
export function ownLogits(
  model: LanguageModel,
  { edits, signal }: Pick<GenerateOptions, "edits" | "signal"> = {},
): NextLogits {
  return async (row) => (await model.forward({ inputIds: [row] }, { logits: "last", edits, signal })).logits.data;
}

export interface SampleOptions
  extends Pick<GenerateOptions, "maxNewTokens" | "temperature" | "topK" | "topP" | "seed" | "onToken"> {
  /** Tokens that end the text. */
  readonly stopTokens: readonly number[];
}

/**
 * Continues one prompt; returns prompt and new tokens. The random numbers are those of `generate`
 * with the same seed.
 */
export async function sampleByLogits(
  next: NextLogits,
  prompt: readonly number[],
  { maxNewTokens, stopTokens, temperature = 1, topK = 0, topP = 1, seed = 42, onToken }: SampleOptions,
): Promise<number[]> {
  const row = [...prompt];
  const rng = Rng.fromSeed(seed, "generate", "0");
  for (let count = 0; count < maxNewTokens; count++) {
    const choice = { temperature, topK, topP, uniform: rng.uniform() };
    const logits = await next(row);
    const id = isWholeVocabulary(choice) ? pickInOrder(logits, choice) : pickToken(logits, choice);
    row.push(id);
    onToken?.(0, id);
    if (stopTokens.includes(id)) break;
  }
  return row;
}
