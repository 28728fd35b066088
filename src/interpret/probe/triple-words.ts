/** Checks, text by text and without a model, whether texts contain enough words for triples. */
import { FUNCTION_WORD_SHARE, MIN_COUNT } from "../words/word-classes.js";
import type { WordTokens } from "../words/word-tokens.js";
import { truncateAtFirstPositive } from "./triples.js";

/**
 * With fewer positive or negative words, leaving out one fold's words would leave no row for
 * fitting R.
 */
const FEWEST_WORDS = 2;

/**
 * Counts words by the rules of `buildTriples`: the first positive word of a text, negative words,
 * and neutral words that are not function words, each with at least five occurrences.
 */
export class TripleWords {
  private readonly counts = new Map<number, number>();
  private readonly ofPositive = new Set<number>();
  private readonly ofNegative = new Set<number>();
  private readonly ofNeutral = new Set<number>();
  private readonly endings = new Set<number>();
  private tokens = 0;

  constructor(private readonly words: WordTokens) {}

  /** Counts the words of one text, given as token ids. */
  add(ids: readonly number[]): void {
    this.tokens += ids.length;
    for (const { positive } of truncateAtFirstPositive(ids, 0, this.words)) this.endings.add(positive);
    for (const span of this.words.words(ids)) {
      const id = this.words.plainToken(ids, span);
      if (id === undefined) continue;
      const count = (this.counts.get(id) ?? 0) + 1;
      this.counts.set(id, count);
      if (count === MIN_COUNT) this.groupOf(span.word).add(id);
    }
  }

  private groupOf(word: string): Set<number> {
    const valence = this.words.lexicon.get(word);
    if (valence === undefined) return this.ofNeutral;
    return valence < 0 ? this.ofNegative : this.ofPositive;
  }

  /** Numbers of words in the texts so far that can be in a triple. */
  found(): { positive: number; negative: number; neutral: number } {
    const isFunctionWord = (id: number) => this.counts.get(id)! >= FUNCTION_WORD_SHARE * this.tokens;
    return {
      positive: [...this.endings].filter((id) => this.ofPositive.has(id)).length,
      negative: this.ofNegative.size,
      neutral: [...this.ofNeutral].filter((id) => !isFunctionWord(id)).length,
    };
  }

  /** Whether triples can be built and R can be fitted. */
  enough(): boolean {
    const { positive, negative, neutral } = this.found();
    return positive >= FEWEST_WORDS && negative >= FEWEST_WORDS && neutral > 0;
  }
}
