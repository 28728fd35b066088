/** Classes of tokens that explanations name. */
import type { WordTokens } from "./word-tokens.js";

/** A token belongs to the first class that fits. */
export const TOKEN_CLASSES = [
  "line breaks and spaces",
  "punctuation",
  "numbers",
  "positive sentiment words",
  "negative sentiment words",
  "pieces of longer words",
  "capitalised words within a sentence",
  "other words",
] as const;

export type TokenClass = (typeof TOKEN_CLASSES)[number];

/**
 * The class of each token of a row. The first token of an excerpt is classed without its preceding
 * token.
 * @returns indices into TOKEN_CLASSES, [tokens]
 */
export function tokenClasses(ids: readonly number[], words: WordTokens): Uint8Array {
  const valences = words.valences(ids);
  return Uint8Array.from(ids, (id, t) =>
    TOKEN_CLASSES.indexOf(classOf(words.text(id), t > 0 ? words.text(ids[t - 1]) : "", valences[t])),
  );
}

function classOf(text: string, previous: string, valence: number): TokenClass {
  if (text.trim() === "") return "line breaks and spaces";
  if (!/[\p{L}\p{N}]/u.test(text)) return "punctuation";
  if (!/\p{L}/u.test(text)) return "numbers";
  if (valence !== 0) return valence > 0 ? "positive sentiment words" : "negative sentiment words";
  if (/^\p{L}/u.test(text) && /\p{L}$/u.test(previous)) return "pieces of longer words";
  if (/^\s?\p{Lu}/u.test(text) && /[\p{L}\p{N},]$/u.test(previous)) return "capitalised words within a sentence";
  return "other words";
}
