/** Words of an English text by the rules of spaCy 3.8 (`spacy.blank("en").tokenizer`). */
import { SpecialCases } from "./special-cases.js";
import { loadEnglishRules, type WordRules } from "./word-tokenizer-rules.js";

/**
 * Size of the cache; the words of a corpus change slowly, so this many chunks avoid nearly all
 * work.
 */
const maxCachedChunks = 10_000;
/** Longer chunks are rare and would use much memory. */
const maxCachedLength = 64;

let english: WordTokenizer | undefined;

/**
 * Splits an English text into words exactly as spaCy 3.8: contractions, abbreviations, emoticons,
 * units, URLs, and whitespace tokens (a single space between words is not a token; a longer run is
 * one without its first space). Time is linear in the length of the text. The rules are read on the
 * first call.
 * @param text any string; an empty one has no words, lone surrogates are kept
 * @returns the words in order
 * @see https://spacy.io/usage/linguistic-features#how-tokenizer-works
 */
export function tokenizeWords(text: string): string[] {
  english ??= new WordTokenizer(loadEnglishRules());
  return english.tokenize(text);
}

/** spaCy's algorithm with the rules of one language. */
class WordTokenizer {
  readonly #rules: WordRules;
  readonly #specialCases: SpecialCases;
  readonly #longestException: number;
  readonly #cache = new Map<string, readonly string[]>();

  constructor(rules: WordRules) {
    this.#rules = rules;
    this.#longestException = Math.max(...[...rules.exceptions.keys()].map((text) => text.length));
    this.#specialCases = new SpecialCases(rules, (text) => this.#split(text, false));
  }

  tokenize(text: string): string[] {
    const words: string[] = [];
    const spaceAfter: boolean[] = [];
    for (const [i, run] of this.#rules.runs(text).entries()) {
      let chunk = run;
      if (i > 0 && run[0] === " ") {
        spaceAfter[words.length - 1] = true;
        chunk = run.slice(1);
        if (chunk === "") continue;
      }
      for (const word of this.#words(chunk)) words.push(word);
    }
    return this.#specialCases.apply(words, spaceAfter);
  }

  #words(chunk: string): readonly string[] {
    const known = this.#exception(chunk) ?? this.#cache.get(chunk);
    if (known) return known;
    if (chunk.length > maxCachedLength) return this.#split(chunk, true);
    // A slice keeps its whole text in memory in V8; a copy does not.
    const copy = Buffer.from(chunk, "utf16le").toString("utf16le");
    const words = this.#split(copy, true);
    if (this.#cache.size >= maxCachedChunks) this.#cache.clear();
    this.#cache.set(copy, words);
    return words;
  }

  /**
   * The length is checked first, since looking up a long string takes time linear in its length.
   */
  #exception(text: string): readonly string[] | undefined {
    return text.length <= this.#longestException ? this.#rules.exceptions.get(text) : undefined;
  }

  /** Removes prefixes and suffixes until an exception or none is left, then divides the middle. */
  #split(chunk: string, withExceptions: boolean): string[] {
    const exception = (text: string) => (withExceptions ? this.#exception(text) : undefined);
    const words: string[] = [];
    const suffixes: string[] = [];
    let rest = chunk;
    let before = 0;
    while (rest.length > 0 && rest.length !== before && !exception(rest)) {
      before = rest.length;
      const prefix = this.#rules.prefixLength(rest);
      const afterPrefix = rest.slice(prefix);
      if (prefix > 0 && exception(afterPrefix)) {
        words.push(rest.slice(0, prefix));
        rest = afterPrefix;
        break;
      }
      const suffix = this.#rules.suffixLength(afterPrefix);
      const suffixStart = rest.length - suffix;
      if (suffix > 0 && exception(rest.slice(0, suffixStart))) {
        suffixes.push(rest.slice(suffixStart));
        rest = rest.slice(0, suffixStart);
        break;
      }
      if (prefix > 0) words.push(rest.slice(0, prefix));
      if (suffix > 0) suffixes.push(rest.slice(suffixStart));
      rest = rest.slice(prefix, suffixStart);
    }
    for (const word of exception(rest) ?? this.#divide(rest)) words.push(word);
    for (const suffix of suffixes.reverse()) words.push(suffix);
    return words;
  }

  /** Divides a text without affixes: addresses stay whole, other text is split at its infixes. */
  #divide(text: string): string[] {
    if (text === "" || this.#rules.isUrl(text)) return text === "" ? [] : [text];
    const words: string[] = [];
    let start = 0;
    for (const infix of this.#rules.infixes(text)) {
      if (infix.start === 0) continue;
      if (infix.start > start) words.push(text.slice(start, infix.start));
      words.push(text.slice(infix.start, infix.end));
      start = infix.end;
    }
    if (start < text.length) words.push(text.slice(start));
    return words;
  }
}
