/** Feature activations at the tokens of texts. */
import { encodeTexts, type LayerEncoder, type TextCodes } from "../../interpret/index.js";
import type { LanguageModel } from "../../model/language-model.js";
import { TEXTS_PER_PASS } from "../../pipeline/inputs/models.js";
import type { Evidence } from "../pair/evidence.js";
import type { ChosenText } from "./token-inputs.js";

/**
 * Codes of the chosen texts without the tokens of their prompts, from short to long; memory holds one batch. `text` is the
 * place among the chosen.
 */
export async function* textCodes(
  { texts, signal }: Evidence,
  model: LanguageModel,
  encoders: readonly LayerEncoder[],
  chosen: readonly ChosenText[],
): AsyncGenerator<TextCodes> {
  const rows = chosen.map(({ row }) => row);
  for await (const { text, codes } of encodeTexts(model, encoders, rows, { batchSize: TEXTS_PER_PASS, signal })) {
    const { ids: tokens } = texts[chosen[text].index];
    yield { text, tokens, codes: codes.map((all, i) => all.subarray(all.length - tokens.length * encoders[i].dSae)) };
  }
}
