/**
 * Sampling with amplified differences: logits + amplification (logits - reference logits). At -1 the
 * text is the reference's, at 0 the model's own; above 0 what tuning changed is exaggerated
 * (contrast of two models' logits as in Liu et al., "Tuning Language Models by Proxy", 2024).
 */
import { RewardscopeError } from "../errors.js";
import { Rng } from "../rng.js";
import type { GenerateOptions, LanguageModel } from "./language-model.js";
import { pickToken } from "./sampling.js";

export interface AmplifiedOptions extends Omit<GenerateOptions, "onToken" | "maxNewTokensPerRow"> {
  /** Any finite number. */
  readonly amplification: number;
  /** Called with every new token at once. */
  onToken?(id: number): void;
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
    const uniform = rng.uniform();
    const isWhole = temperature > 0 && topK === 0 && topP === 1;
    const id = isWhole
      ? pickInOrder(logits, temperature, uniform)
      : pickToken(logits, { temperature, topK, topP, uniform });
    row.push(id);
    onToken?.(id);
    if (stopTokens.includes(id)) break;
  }
  return row;
}

/** Inverts the cumulative distribution in the order of ids, as `sampleInGraph`, so that equal random numbers give similar texts. */
function pickInOrder(logits: Float32Array, temperature: number, uniform: number): number {
  const most = logits.reduce((high, value) => Math.max(high, value), -Infinity);
  const weights = Float64Array.from(logits, (value) => Math.exp((value - most) / temperature));
  let rest = uniform * weights.reduce((sum, weight) => sum + weight, 0);
  let last = 0;
  for (let id = 0; id < weights.length; id++) {
    if (weights[id] === 0) continue;
    last = id;
    rest -= weights[id];
    if (rest < 0) break;
  }
  return last;
}
