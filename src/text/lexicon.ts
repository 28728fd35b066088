/** Lexicons of word values, such as VADER's sentiment lexicon. */
import { readFileSync } from "node:fs";
import { assetPath } from "../assets.js";
import { FormatError } from "../errors.js";
import { unreadable } from "../io/atomic.js";

const vader = "vader/vader_lexicon.txt";

/**
 * Reads a lexicon in vaderSentiment's format: lines of a word (or emoticon), a tab and its value;
 * further columns and empty lines are ignored. For repeated words the last value is used, as in
 * vaderSentiment. Every call reads the file (a few milliseconds) and returns a new map.
 *
 * The default is the lexicon of vaderSentiment 3.3.2: 7506 words and emoticons with the mean rating
 * of ten annotators, from -4 (extremely negative) to 4 (extremely positive). Keys are as in the
 * file: almost all in lower case, four with a space in them.
 * @returns word -> valence
 * @throws FormatError with the line number when the file is missing, empty or not of this format,
 *   or when a word is not in lower case, since it would never be found
 * @see Hutto and Gilbert 2014, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of
 *   Social Media Text"
 */
export function loadLexicon(path = assetPath(vader)): Map<string, number> {
  const lexicon = new Map<string, number>();
  for (const [index, line] of textOf(path).split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const [word, value = ""] = line.split("\t");
    const fault = faultOf(word, value);
    if (fault !== undefined) throw new FormatError(path, `line ${index + 1}: ${fault}`, { offset: index + 1 });
    lexicon.set(word, Number(value));
  }
  if (lexicon.size === 0) throw new FormatError(path, "expected lines of a word, a tab and a number, received none");
  return lexicon;
}

/**
 * The lexicon of a setting: `vader`, or the path of a file.
 * @throws FormatError as `loadLexicon`
 */
export function namedLexicon(name: string): Map<string, number> {
  return name === "vader" ? loadLexicon() : loadLexicon(name);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** The problem of a line. Emoticons such as `:D` in VADER's file keep their case. */
function faultOf(word: string, value: string): string | undefined {
  if (word === "" || value.trim() === "" || !Number.isFinite(Number(value)))
    return `expected a word, a tab and a number, received ${JSON.stringify(value === "" ? word : `${word}\t${value}`)}`;
  if (/^\p{L}+$/u.test(word) && word !== word.toLowerCase())
    return `expected a word in lower case, since texts are looked up so, received ${JSON.stringify(word)}`;
  return undefined;
}
