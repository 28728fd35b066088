/** Names of patterns in plain English. */
import { commonWord, wordLists } from "../../words/word-lists.js";
import type { FoundPattern, Pattern } from "./pattern.js";

/** The explanation of a feature without a pattern. */
export const NO_PATTERN = "no pattern found";

/** Number of words of a class in a name. */
const EXAMPLES = 3;

/** Number of promoted words at the end of a name. */
const PROMOTED = 3;

/** Names of punctuation marks. */
const marks: Readonly<Record<string, string>> = {
  ".": "full stops",
  ",": "commas",
  ";": "semicolons",
  ":": "colons",
  "!": "exclamation marks",
  "?": "question marks",
  "...": "dots (...)",
  '"': "quotation marks",
  "(": "opening brackets",
  ")": "closing brackets",
  "-": "hyphens",
  "/": "slashes",
  "\n": "line breaks",
  " ": "spaces",
};

/** The name of a pattern, e.g. `the word "great"`, without full stop. */
export function patternName(pattern: Pattern): string {
  switch (pattern.kind) {
    case "words":
      return placed(pattern.at, wordsName(pattern.words));
    case "pieces":
      return piecesName(pattern.pieces);
    case "class":
      return placed(pattern.at, pattern.class);
    case "position":
      return pattern.first === 1 ? "the first token of a text" : `the first ${pattern.first} tokens of a text`;
    case "topic":
      return `passages with ${joined(pattern.words.map(quoted), "or")}`;
  }
}

/**
 * The explanation of a feature: the name of its pattern, with the most frequent words of a closed
 * word class, and where it holds if not everywhere; then the other places where it is active.
 */
export function explanationOf({ of, also = [], highestOnly, levels }: FoundPattern): string {
  const isList = of.kind === "class" && of.class in wordLists && !of.class.includes("(");
  const members = isList ? Object.keys(levels.ofWord).slice(0, EXAMPLES) : [];
  const name = members.length > 0 ? `${patternName(of)} (${members.join(", ")})` : patternName(of);
  const places = highestOnly ? `${name}, at its highest activations` : name;
  const others = also.flatMap((pattern) =>
    pattern.kind === "words" ? pattern.words.map(spelled) : [patternName(pattern)],
  );
  return others.length > 0 ? `${places}; also at ${joined(others, "and")}` : places;
}

/**
 * A name with the first three whole words among the tokens that the feature promotes by the logit
 * lens. With fewer whole words it is unchanged: pieces of words are not informative.
 * @param promoted texts of tokens, highest logit first
 */
export function withPromoted(name: string, promoted: readonly string[]): string {
  const whole = promoted.filter((token) => /^\s\p{L}{2,}$/u.test(token)).slice(0, PROMOTED);
  return whole.length < PROMOTED ? name : `${name}; promotes ${whole.map((token) => quoted(token.trim())).join(", ")}`;
}

/** The text with line breaks and tabs as escapes. */
export function visible(text: string): string {
  return text.replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

function placed(at: number, name: string): string {
  if (at === 0) return name;
  return `the token ${at < 0 ? "after" : "before"} ${name.replace(/^the words? /, "")}`;
}

const isWord = (text: string) => /^\p{L}+$/u.test(text);
const quoted = (text: string) => `"${text}"`;
const spelled = (word: string) => marks[word] ?? quoted(visible(word));

function joined(parts: readonly string[], by: string): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} ${by} ${parts[parts.length - 1]}`;
}

function wordsName(words: readonly string[]): string {
  const [first] = words;
  if (words.length === 1) {
    if (marks[first]) return marks[first];
    return isWord(first)
      ? `the word "${first}"`
      : /^\p{N}+$/u.test(first)
        ? `the number ${first}`
        : `the token "${first}"`;
  }
  const common = commonWord(words);
  if (common !== undefined) return `forms of "${common}" (${words.join(", ")})`;
  const list = Object.entries(wordLists).find(([, members]) => words.every((word) => members.has(word)))?.[0];
  if (list !== undefined) return `${list.replace(/ \(.*/, "")} (${words.join(", ")})`;
  const listed = joined(words.map(spelled), "and");
  return words.every(isWord) ? `the words ${listed}` : listed;
}

function piecesName(pieces: readonly string[]): string {
  const kinds = new Set(pieces.map((piece) => `${piece.startsWith("-")}${piece.endsWith("-")}`));
  const [only] = kinds.size === 1 ? kinds : [];
  const listed = joined(pieces.map(quoted), "or");
  if (only === "falsetrue") return `words that begin with ${listed}`.replaceAll('-"', '"');
  if (only === "truefalse") return `words that end in ${listed}`;
  return `${listed} within a word`;
}
