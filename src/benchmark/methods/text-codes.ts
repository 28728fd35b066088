/** Feature activations at the tokens of texts. */
import { encodeTexts, type LayerEncoder } from "../../interpret/index.js";
import type { LanguageModel } from "../../model/language-model.js";
import type { Evidence } from "../pair/evidence.js";
import type { ChosenTexts } from "./token-inputs.js";

/** Rows per pass. */
export const AT_ONCE = 32;

/** Of one text: per encoder [tokens, dSae], without the tokens of the prompt. */
export interface TextCodes {
  /** Its place among the chosen. */
  readonly place: number;
  readonly tokens: number;
  readonly codes: readonly Float32Array[];
}

/** From short to long texts; memory holds one batch. */
export async function* textCodes(
  { texts, signal }: Evidence,
  model: LanguageModel,
  encoders: readonly LayerEncoder[],
  { chosen, rows }: ChosenTexts,
): AsyncGenerator<TextCodes> {
  for await (const { text: place, codes } of encodeTexts(model, encoders, rows, { batchSize: AT_ONCE, signal })) {
    const tokens = texts[chosen[place]].ids.length;
    const own = codes.map((layer, i) => layer.subarray(layer.length - tokens * encoders[i].dSae));
    yield { place, tokens, codes: own };
  }
}
