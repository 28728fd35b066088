/** How a text looks: its length, its signs, its repetitions. */
import type { TokenInRow } from "../../interpret/words/token-classes.js";
import { endsWord, type Hypothesis, perToken } from "./hypothesis.js";

const surface = (name: string, markOf: Parameters<typeof perToken>[2]) => perToken("surface", name, markOf);

const occurrences = (text: string, sign: string) => text.split(sign).length - 1;
const letters = (word: string) => (/^\p{L}+$/u.test(word) ? word.length : 0);

/** Marks what repeats an earlier part of the same text. */
function repeated(name: string, keyAt: (row: readonly TokenInRow[], at: number) => string | undefined): Hypothesis {
  const marks = (row: readonly TokenInRow[]) => {
    const seen = new Set<string>();
    return Uint8Array.from(row, (_, at) => {
      const key = keyAt(row, at);
      if (key === undefined) return 0;
      const known = seen.has(key);
      seen.add(key);
      return known ? 1 : 0;
    });
  };
  return { name: `surface: ${name}`, kind: "surface", marks };
}

export const surfaceHypotheses: readonly Hypothesis[] = [
  surface("tokens", () => true),
  surface("words", endsWord),
  surface("characters", ({ text }) => text.length),
  surface("words of 8 letters or more", (token) => endsWord(token) && letters(token.word) >= 8),
  surface(
    "words of 3 letters or fewer",
    (token) => endsWord(token) && letters(token.word) > 0 && token.word.length <= 3,
  ),
  surface("exclamation marks", ({ text }) => occurrences(text, "!")),
  surface("question marks", ({ text }) => occurrences(text, "?")),
  surface("full stops", ({ text }) => occurrences(text, ".")),
  surface("commas", ({ text }) => occurrences(text, ",")),
  surface("apostrophes", ({ text }) => occurrences(text, "'")),
  surface("double quotation marks", ({ text }) => occurrences(text, '"')),
  surface("digits", ({ text }) => text.match(/\d/g)?.length ?? 0),
  surface("capital letters", ({ text }) => text.match(/\p{Lu}/gu)?.length ?? 0),
  surface("words that begin with s", (token) => endsWord(token) && token.word.startsWith("s")),
  surface("words that begin with a vowel", (token) => endsWord(token) && /^[aeiou]/.test(token.word)),
  surface("words that end in a vowel", (token) => endsWord(token) && /[aeiou]$/.test(token.word)),
  surface("words with a double letter", (token) => endsWord(token) && /(\p{L})\1/u.test(token.word)),
  repeated("repeated pairs of tokens", (row, at) =>
    at === 0 ? undefined : `${row[at - 1].text}\u0000${row[at].text}`,
  ),
  repeated("repeated words", (row, at) => (endsWord(row[at]) ? row[at].word : undefined)),
  surface(
    "a word twice in a row",
    (token, at, row) => at > 0 && token.piece === "whole" && row[at - 1].word === token.word,
  ),
];
