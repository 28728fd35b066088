/** Properties of texts that can explain log-ratios: a table of names and functions. */
import { tokenizeWords } from "../../text/index.js";
import type { AuditedText } from "./audited-text.js";
import { firstPerson, hedges, insults, refusal, secondPerson } from "./word-lists.js";

/** The input of a property. */
export interface PropertyText {
  text: string;
  /** In lower case, by spaCy's rules; punctuation marks are words too. */
  words: readonly string[];
  /** Number of tokens. */
  tokens: number;
  ended: boolean;
}

/** Word lists that properties use. */
export interface PropertyLists {
  /** Word in lower case -> valence, e.g. VADER's. */
  valences: ReadonlyMap<string, number>;
  frequentWords: ReadonlySet<string>;
}

interface Property {
  /** The meaning of its number, in a few words. */
  readonly summary: string;
  /**
   * A `count` grows with the text, so it is divided by the number of tokens when log-ratios are per
   * token. Other numbers are of the `whole` text.
   */
  readonly kind: "count" | "whole";
  of(text: PropertyText, lists: PropertyLists): number;
}

const matches =
  (pattern: RegExp) =>
  ({ text }: PropertyText) =>
    text.match(pattern)?.length ?? 0;
const among =
  (list: ReadonlySet<string>) =>
  ({ words }: PropertyText) =>
    words.reduce((count, word) => count + (list.has(word) ? 1 : 0), 0);

/** Every property by its name. */
export const properties = {
  length: { summary: "tokens", kind: "whole", of: ({ tokens }) => tokens },
  ended: { summary: "1 if it ends with an end-of-text token", kind: "whole", of: ({ ended }) => (ended ? 1 : 0) },
  sentiment: {
    summary: "sum of the lexicon's values of its words",
    kind: "count",
    of: ({ words }, { valences }) => words.reduce((sum, word) => sum + (valences.get(word) ?? 0), 0),
  },
  insults: { summary: "words that insult or threaten, of a short list", kind: "count", of: among(insults) },
  hedging: { summary: "words that weaken a claim", kind: "count", of: among(hedges) },
  refusal: { summary: "1 if it declines", kind: "whole", of: ({ text }) => (refusal.test(text) ? 1 : 0) },
  firstPerson: { summary: "words for the speaker", kind: "count", of: among(firstPerson) },
  secondPerson: { summary: "words for the reader", kind: "count", of: among(secondPerson) },
  formatting: {
    summary: "marks of Markdown: headings, bold, code, tables",
    kind: "count",
    of: matches(/^#{1,6} |\*\*[^*\n]+\*\*|`+[^`\n]+`+|^```|^\|.*\|$/gm),
  },
  lists: {
    summary: "lines that begin with a bullet or a number",
    kind: "count",
    of: matches(/^[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+/gm),
  },
  lineBreaks: { summary: "line breaks", kind: "count", of: matches(/\n/g) },
  emoji: { summary: "emoji", kind: "count", of: matches(/\p{Extended_Pictographic}/gu) },
  exclamations: { summary: "exclamation marks", kind: "count", of: matches(/!/g) },
  questions: { summary: "question marks", kind: "count", of: matches(/\?/g) },
  punctuation: { summary: "other punctuation marks", kind: "count", of: matches(/(?![!?])\p{P}/gu) },
  capitals: { summary: "words in capitals, of two letters or more", kind: "count", of: matches(/\b\p{Lu}{2,}\b/gu) },
  numbers: { summary: "numbers in digits", kind: "count", of: matches(/\d+/g) },
  repetition: { summary: "pairs of words that occurred before in it", kind: "count", of: repeatedPairs },
  frequentWords: {
    summary: "words among the most frequent ones of the corpus",
    kind: "count",
    of: (text, { frequentWords }) => among(frequentWords)(text),
  },
} satisfies Record<string, Property>;

export type PropertyName = keyof typeof properties;

const names = Object.keys(properties) as PropertyName[];

/** One property of several texts, with the name that tables show. */
export interface PropertyColumn {
  name: string;
  summary: string;
  kind: Property["kind"];
  /** One number per text. */
  values: Float64Array;
}

/** All properties of the table, one column each. */
export function propertyColumns(texts: readonly AuditedText[], lists: PropertyLists): PropertyColumn[] {
  const table = texts.map(({ text, ids, ended }): PropertyText => {
    return { text, words: lowerWords(text), tokens: ids.length, ended };
  });
  return names.map((name) => {
    const { summary, kind, of }: Property = properties[name];
    return { name, summary, kind, values: Float64Array.from(table, (text) => of(text, lists)) };
  });
}

/** By spaCy's rules. */
function lowerWords(text: string): string[] {
  return tokenizeWords(text).map((word) => word.toLowerCase());
}

function repeatedPairs({ words }: PropertyText): number {
  const seen = new Set<string>();
  for (let i = 0; i + 1 < words.length; i++) seen.add(`${words[i]} ${words[i + 1]}`);
  return Math.max(0, words.length - 1) - seen.size;
}
