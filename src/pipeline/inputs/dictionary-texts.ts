/** The training and held-out texts of autoencoders. */
import type { Config } from "../../config/config.js";
import type { Tokenizer } from "../../model/language-model.js";
import { type OnRepeats, partTokens } from "./corpus-parts.js";

/**
 * Share of held-out texts (the last ones), on which quality is measured and features are explained.
 */
export const HELD_OUT_SHARE = 0.25;
/** With this number of texts, two are held out: one for each half of the evidence. */
export const FEWEST_TEXTS = 5;
/** Minimal number of tokens of a text, so that a token is predicted. */
export const FEWEST_TOKENS = 2;
/** Number of texts for measuring quality, which takes a pass of the model for each autoencoder. */
export const QUALITY_TEXTS = 32;

/**
 * Token ids, one row per text of at least 2 tokens, truncated to `dictionaries.maxTokens`. A single
 * text is used for both parts.
 * @throws RunError when no text has 2 tokens
 */
export async function dictionaryTexts(
  config: Config,
  tokenizer: Tokenizer,
  signal?: AbortSignal,
  onRepeats?: OnRepeats,
): Promise<{ training: number[][]; heldOut: number[][] }> {
  const texts = await partTokens(config, "dictionaries", tokenizer, {
    maxTokens: config.dictionaries.maxTokens,
    minTokens: FEWEST_TOKENS,
    signal,
    onRepeats,
  });
  const cut = Math.max(1, Math.floor(texts.length * (1 - HELD_OUT_SHARE)));
  return { training: texts.slice(0, cut), heldOut: cut < texts.length ? texts.slice(cut) : texts };
}

/** Number of training tokens of an autoencoder: those of all epochs, at most the limit. */
export function trainedTokens(
  { epochs, tokenVisits }: Pick<Config["dictionaries"], "epochs" | "tokenVisits">,
  tokensPerEpoch: number,
): number {
  return Math.min(tokenVisits, epochs * tokensPerEpoch);
}
