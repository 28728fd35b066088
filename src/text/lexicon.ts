/** Lexica: values of words, such as VADER's sentiment lexicon. */
import { assetPath } from "../assets.js";
import { FormatError } from "../errors.js";
import { shown } from "../io/shown-value.js";
import { readTextFileNow } from "../io/text-file.js";

const vader = "vader/vader_lexicon.txt";

/** VADER's lexicon has 0.4 MB; a much larger file is something else. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * Reads a lexicon in vaderSentiment's format: lines of a word (or emoticon), a tab and its value;
 * further columns and empty lines are ignored. For repeated words the last value is used, as in
 * vaderSentiment. Every call reads the file (a few milliseconds) and returns a new map.
 *
 * The default is the lexicon of vaderSentiment 3.3.2: 7506 words and emoticons with the mean rating
 * of ten annotators, from -4 (extremely negative) to 4 (extremely positive). Keys are as in the
 * file: almost all in lower case, four with a space in them.
 * @returns word -> valence
 * @throws FormatError that names the line when the file is missing, not UTF-8 text, empty or of
 *   another format, or when a word is not in lower case and would therefore never be found
 * @see Hutto and Gilbert 2014, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of
 *   Social Media Text"
 */
export function loadLexicon(path = assetPath(vader)): Map<string, number> {
  const lexicon = new Map<string, number>();
  for (const [index, line] of readTextFileNow(path, MOST_BYTES).split(/\r?\n/).entries()) {
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

/** The problem of a line. Emoticons such as `:D` are not in lower case in VADER's file. */
function faultOf(word: string, value: string): string | undefined {
  if (word === "" || value.trim() === "" || !Number.isFinite(Number(value)))
    return `expected a word, a tab and a number, received ${shown(value === "" ? word : `${word}\t${value}`)}`;
  if (/^\p{L}+$/u.test(word) && word !== word.toLowerCase())
    return `expected a word in lower case, since texts are looked up so, received ${shown(word)}`;
  return undefined;
}
