/**
 * Sampling with amplified differences: logits + amplification (logits - reference logits). At -1 the
 * text is the reference's, at 0 the model's own; above 0 what tuning changed is exaggerated
 * (contrast of two models' logits as in Liu et al., "Tuning Language Models by Proxy", 2024).
 */
import { RewardscopeError } from "../errors.js";
import { Rng } from "../rng.js";
import type { GenerateOptions, LanguageModel } from "./language-model.js";
import { isWholeVocabulary, pickInOrder, pickToken } from "./sampling.js";

export interface AmplifiedOptions extends Omit<GenerateOptions, "maxNewTokensPerRow"> {
  /** Any finite number. */
  readonly amplification: number;
}

/**
 * Continues one prompt; returns prompt and new tokens. Every token reads the whole text anew in both
 * models. Edits are made in `model` only. The random numbers are those of `generate` with the same
 * seed.
 * @throws RewardscopeError INVALID_INPUT for an amplification that is not finite, or models with
 *   different vocabularies; ShapeError as `forward`
 */
export async function generateAmplified(
  model: LanguageModel,
  reference: LanguageModel,
  prompt: readonly number[],
  { amplification, maxNewTokens, temperature = 1, topK = 0, topP = 1, seed = 42, ...options }: AmplifiedOptions,
): Promise<number[]> {
  if (!Number.isFinite(amplification))
    throw new RewardscopeError("INVALID_INPUT", `amplification: expected a finite number, received ${amplification}`);
  const { stopTokens = model.config.eosTokenIds, edits = [], signal, onToken } = options;
  const row = [...prompt];
  const rng = Rng.fromSeed(seed, "generate", "0");
  for (let count = 0; count < maxNewTokens; count++) {
    // [1, 1, vocab]
    const [own, other] = [
      await model.forward({ inputIds: [row] }, { logits: "last", edits, signal }),
      await reference.forward({ inputIds: [row] }, { logits: "last", signal }),
    ].map(({ logits }) => logits.data);
    if (own.length !== other.length)
      throw new RewardscopeError(
        "INVALID_INPUT",
        `amplification: expected two models of one vocabulary, received ${own.length} and ${other.length} tokens`,
      );
    const logits = own.map((value, id) => value + amplification * (value - other[id]));
    const choice = { temperature, topK, topP, uniform: rng.uniform() };
    const id = isWholeVocabulary(choice) ? pickInOrder(logits, choice) : pickToken(logits, choice);
    row.push(id);
    onToken?.(0, id);
    if (stopTokens.includes(id)) break;
  }
  return row;
}
