/** The last pass of the word tokenizer: restores exceptions that were split into several words. */
import type { WordRules } from "./word-tokenizer-rules.js";

interface Span {
  start: number;
  end: number;
}

/**
 * Exceptions that contain affixes, such as `:)` or `'Cause`, are split when they touch other
 * characters (`yes:)`). This finds their parts and restores the exception's own division.
 */
export class SpecialCases {
  readonly #exceptions: WordRules["exceptions"];
  /** The parts of each exception with affixes, by the first part. */
  readonly #byFirstWord = new Map<string, (readonly string[])[]>();

  /** @param split divides a text by affixes only, without exceptions */
  constructor(rules: WordRules, split: (text: string) => readonly string[]) {
    this.#exceptions = rules.exceptions;
    for (const text of rules.exceptions.keys()) {
      const hasAffix = rules.prefixLength(text) > 0 || rules.suffixLength(text) > 0 || rules.infixes(text).length > 0;
      // spaCy's rule: only exceptions with affixes or a space can be split.
      if (!hasAffix && !text.includes(" ")) continue;
      const words = split(text);
      const others = this.#byFirstWord.get(words[0]);
      if (others) others.push(words);
      else this.#byFirstWord.set(words[0], [words]);
    }
  }

  /**
   * @param words the words of a text
   * @param spaceAfter true for a word that is followed by a single space; otherwise a hole
   * @returns the words with exceptions restored; the given array if there are none
   */
  apply(words: string[], spaceAfter: readonly boolean[]): string[] {
    const spans = this.#find(words);
    if (spans.length === 0) return words;
    // The longest span is used, then the first. Overlapping spans are dropped even if the span
    // changes nothing.
    spans.sort((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start);
    const taken = new Uint8Array(words.length);
    const divisions = new Map<number, { end: number; words: readonly string[] }>();
    for (const { start, end } of spans) {
      if (!taken[start] && !taken[end - 1]) {
        const division = this.#exceptions.get(spanText(words, spaceAfter, start, end));
        if (division) divisions.set(start, { end, words: division });
      }
      taken.fill(1, start, end);
    }
    const result: string[] = [];
    for (let i = 0; i < words.length; ) {
      const division = divisions.get(i);
      result.push(...(division?.words ?? [words[i]]));
      i = division?.end ?? i + 1;
    }
    return result;
  }

  #find(words: readonly string[]): Span[] {
    const spans: Span[] = [];
    for (let start = 0; start < words.length; start++) {
      for (const sequence of this.#byFirstWord.get(words[start]) ?? []) {
        if (sequence.every((word, i) => words[start + i] === word)) {
          spans.push({ start, end: start + sequence.length });
        }
      }
    }
    return spans;
  }
}

function spanText(words: readonly string[], spaceAfter: readonly boolean[], start: number, end: number): string {
  let text = words[start];
  for (let i = start + 1; i < end; i++) text += (spaceAfter[i - 1] ? " " : "") + words[i];
  return text;
}
