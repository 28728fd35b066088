/** Texts with their log-probabilities under both models. */
import { sum } from "../../stats/moments.js";
import type { TextPair } from "../carry/text-pairs.js";

/** The model that a text was sampled from, or the corpus. */
export type TextOrigin = "base" | "tuned" | "corpus";

/** A text and its log-ratio. Only the tokens in `ids` count, not the prompt. */
export interface AuditedText {
  origin: TextOrigin;
  /**
   * The number of its prompt, the same for both models' completions; corpus texts have one each.
   */
  unit: number;
  /** The prompt; of a corpus text, its first token. */
  prompt: string;
  text: string;
  /** The tokens whose log-ratios are computed. */
  ids: readonly number[];
  /** log p_tuned - log p_base per token of `ids`, in nats. */
  logRatios: Float64Array;
  /** Whether it ends with an end-of-text token. */
  ended: boolean;
}

/**
 * The measure of a text. `total`: the sum of its tokens' log-ratios, which is its implicit reward
 * up to a constant per prompt. `perToken`: their mean, which does not grow with length.
 */
export type TextMeasure = "total" | "perToken";

/** Both measures of a text. */
export const textMeasures: readonly TextMeasure[] = ["total", "perToken"];

/** The log-ratio of a text, in nats or in nats per token; 0 for one without tokens. */
export function logRatioOf({ logRatios }: Pick<AuditedText, "logRatios">, measure: TextMeasure): number {
  if (logRatios.length === 0) return 0;
  const total = sum(logRatios);
  return measure === "total" ? total : total / logRatios.length;
}

/**
 * The completions of the first `count` prompts by both models.
 * @param prompts token ids; `unit` of a completion is the index of its prompt
 */
export function textPairs(
  prompts: readonly (readonly number[])[],
  texts: readonly AuditedText[],
  count: number,
): TextPair[] {
  const of = (origin: TextOrigin) =>
    new Map(texts.filter((text) => text.origin === origin).map(({ unit, ids }) => [unit, ids]));
  const [base, tuned] = [of("base"), of("tuned")];
  return prompts.slice(0, count).map((prompt, unit) => ({ prompt, base: base.get(unit)!, tuned: tuned.get(unit)! }));
}

/** The texts with the highest and the lowest log-ratio per token. */
export function extremeTexts(
  texts: readonly AuditedText[],
  count: number,
): { liked: AuditedText[]; disliked: AuditedText[] } {
  const value = new Map(texts.map((text) => [text, logRatioOf(text, "perToken")]));
  const ordered = texts
    .filter(({ ids }) => ids.length > 0)
    .sort((a, b) => value.get(b)! - value.get(a)! || a.unit - b.unit || (a.origin < b.origin ? -1 : 1));
  return {
    liked: ordered.filter((text) => value.get(text)! > 0).slice(0, count),
    disliked: ordered
      .filter((text) => value.get(text)! < 0)
      .slice(-count)
      .reverse(),
  };
}
