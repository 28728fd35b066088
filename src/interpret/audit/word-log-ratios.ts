/** Log-ratios of words in context. */
import { Z_95 } from "../../stats/normal.js";
import type { WordTokens } from "../words/word-tokens.js";
import type { AuditedText } from "./audited-text.js";

/** A word with its mean log-ratio. */
export interface WordLogRatio {
  word: string;
  /** Number of texts that contain it. */
  texts: number;
  /** Mean over these texts of its mean log-ratio in the text, in nats per occurrence. */
  value: number;
  /** The 95% interval of the mean over texts, by its standard error. */
  low: number;
  high: number;
}

/** Minimal number of texts per word; with fewer, intervals are unreliable. */
const LEAST_TEXTS = 5;

/**
 * Log-ratio of each word, the sum over its tokens; in alphabetical order. Words in the tuned
 * model's own texts have high log-ratios by selection, so use equally many texts of both models, or
 * corpus texts.
 */
export function wordLogRatios(texts: readonly AuditedText[], words: WordTokens): WordLogRatio[] {
  const perText = new Map<string, number[]>();
  for (const { ids, logRatios } of texts) {
    const own = new Map<string, { sum: number; count: number }>();
    for (const { word, start, end } of words.words(ids)) {
      const entry = own.get(word) ?? { sum: 0, count: 0 };
      for (let t = start; t < end; t++) entry.sum += logRatios[t];
      entry.count++;
      own.set(word, entry);
    }
    for (const [word, { sum, count }] of own) {
      const values = perText.get(word) ?? [];
      values.push(sum / count);
      perText.set(word, values);
    }
  }
  return [...perText]
    .filter(([, values]) => values.length >= LEAST_TEXTS)
    .map(([word, values]) => ({ word, texts: values.length, ...meanWithInterval(values) }))
    .sort((a, b) => (a.word < b.word ? -1 : 1));
}

function meanWithInterval(values: readonly number[]): Pick<WordLogRatio, "value" | "low" | "high"> {
  const value = values.reduce((sum, one) => sum + one, 0) / values.length;
  const squares = values.reduce((sum, one) => sum + (one - value) ** 2, 0);
  const half = Z_95 * Math.sqrt(squares / (values.length - 1) / values.length);
  return { value, low: value - half, high: value + half };
}

/**
 * The words with the highest and lowest log-ratios, by the end of the interval that is nearer to 0;
 * words whose interval includes 0 are left out.
 */
export function extremeWords(
  words: readonly WordLogRatio[],
  count: number,
): { liked: WordLogRatio[]; disliked: WordLogRatio[] } {
  return {
    liked: words
      .filter(({ low }) => low > 0)
      .sort((a, b) => b.low - a.low)
      .slice(0, count),
    disliked: words
      .filter(({ high }) => high < 0)
      .sort((a, b) => a.high - b.high)
      .slice(0, count),
  };
}
