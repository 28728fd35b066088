/**
 * Classes of tokens that explanations name: punctuation, word classes, parts and forms of words.
 */
import { topicWords } from "./topics.js";
import { wordLists } from "./word-lists.js";
import type { WordTokens } from "./word-tokens.js";

/** A token in its row. */
export interface TokenInRow {
  text: string;
  /**
   * The token in lower case without spaces around it. A line break is "\n"; a piece of a longer
   * word has a hyphen where the word continues ("thri-", "-ller").
   */
  form: string;
  /** The whole word that the token belongs to, in lower case; for other tokens the form. */
  word: string;
  /** Its position in a word; undefined for tokens that are not letters and digits. */
  piece?: "whole" | "first" | "middle" | "last";
  /** Valence of the word that the token completes, else 0. */
  valence: number;
  /** The token before; "" at the start of the row. */
  before: string;
}

/**
 * The tokens of a row, as classes and patterns use them. The first token of an excerpt is assumed
 * to begin a word.
 */
export function tokensInRow(ids: readonly number[], words: WordTokens): TokenInRow[] {
  const valences = words.valences(ids);
  const row = ids.map((id, t): TokenInRow => {
    const text = words.text(id);
    const form = text.trim() === "" ? (text.includes("\n") ? "\n" : " ") : text.trim().toLowerCase();
    return { text, form, word: form, valence: valences[t], before: t > 0 ? words.text(ids[t - 1]) : "" };
  });
  for (const { word, start, end } of words.words(ids))
    for (let t = start; t < end; t++) {
      const [first, last] = [t === start, t === end - 1];
      row[t].word = word;
      row[t].piece = first && last ? "whole" : first ? "first" : last ? "last" : "middle";
      if (!first || !last) row[t].form = `${first ? "" : "-"}${row[t].form}${last ? "" : "-"}`;
    }
  return row;
}

const oneOf = (characters: string) => (token: TokenInRow) => characters.includes(token.form);
const inList = (list: ReadonlySet<string>) => (token: TokenInRow) => list.has(token.word);
const endsIn = (ending: string) => (token: TokenInRow) =>
  token.word.endsWith(ending) &&
  token.word.length >= ending.length + 3 &&
  (token.piece === "whole" || token.piece === "last");
const isWord = ({ text, piece }: TokenInRow) => piece !== undefined && /\p{L}/u.test(text);
const closed = new Set(Object.values(wordLists).flatMap((words) => [...words]));

/** Every class, by its name in explanations. A token may be in several. */
const classes: Readonly<Record<string, (token: TokenInRow) => boolean>> = {
  "punctuation that ends a sentence": (token) => /^[.!?…]+["')]*$/.test(token.form),
  "commas, colons and semicolons": oneOf(",;:"),
  "quotation marks": (token) => /^["“”'‘’`]+$/.test(token.form),
  brackets: (token) => /^[()[\]{}]+$/.test(token.form),
  "hyphens and dashes": (token) => /^[-–—]+$/.test(token.form),
  "contracted endings ('s, 't, ...)": (token) => /^(['’](s|t|re|ve|ll|d|m)|n['’]t)$/.test(token.form),
  "line breaks": (token) => token.form === "\n",
  punctuation: ({ form }) => form.trim() !== "" && !/[\p{L}\p{N}]/u.test(form),
  numbers: ({ text }) => /\p{N}/u.test(text) && !/\p{L}/u.test(text),
  ...Object.fromEntries(Object.entries(wordLists).map(([name, list]) => [name, inList(list)])),
  "function words": (token) => closed.has(token.word),
  "words for films": inList(topicWords.film),
  "words for people and roles": inList(topicWords["people and roles"]),
  "words for stories": inList(topicWords.story),
  "words of judgement": inList(topicWords.evaluation),
  "positive words": ({ valence }) => valence > 0,
  "negative words": ({ valence }) => valence < 0,
  "positive and negative words": ({ valence }) => valence !== 0,
  "words in capitals": ({ text }) => /^\s?\p{Lu}{2,}$/u.test(text),
  "names (capitalised words within a sentence)": ({ text, before }) =>
    /^\s\p{Lu}\p{Ll}/u.test(text) && /[\p{L}\p{N},]$/u.test(before),
  "capitalised words": ({ text, piece }) =>
    (piece === "whole" || piece === "first") && /^\s?\p{Lu}/u.test(text) && text.trim() !== "I",
  'words that end in "-ing"': endsIn("ing"),
  'words that end in "-ed"': endsIn("ed"),
  'words that end in "-ly"': endsIn("ly"),
  'words that end in "-s"': (token) => endsIn("s")(token) && !token.word.endsWith("ss"),
  "the first part of a word of several tokens": ({ piece }) => piece === "first",
  "the last part of a word": ({ piece }) => piece === "last",
  "later parts of a word": ({ piece }) => piece === "middle" || piece === "last",
  "single letters": (token) => isWord(token) && token.text.trim().length === 1 && !/^[aiAI]$/.test(token.text.trim()),
  "content words": (token) => token.piece === "whole" && isWord(token) && !closed.has(token.word),
};

/** The names of all classes; of two that fit equally well the earlier one is chosen. */
export const tokenClasses: readonly string[] = Object.keys(classes);

/** Whether a token is in a class. */
export function isInClass(name: string, token: TokenInRow): boolean {
  return classes[name]?.(token) ?? false;
}
