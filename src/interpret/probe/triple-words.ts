/** Whether texts hold the words that triples are made of, told text by text and without a model. */
import { FUNCTION_WORD_SHARE, MIN_COUNT } from "../words/word-classes.js";
import type { WordTokens } from "../words/word-tokens.js";
import { truncateAtFirstPositive } from "./triples.js";

/** Positive, and negative, words below which leaving out the words of one fold leaves R no row. */
const FEWEST_WORDS = 2;

/**
 * Counts by the rules of `buildTriples`: a positive word must end the beginning of a text, a
 * neutral one must not be a function word, and each must be seen five times.
 */
export class TripleWords {
  private readonly counts = new Map<number, number>();
  private readonly ofPositive = new Set<number>();
  private readonly ofNegative = new Set<number>();
  private readonly ofNeutral = new Set<number>();
  private readonly endings = new Set<number>();
  private tokens = 0;

  constructor(private readonly words: WordTokens) {}

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

  /** Words that may stand in a triple, of the texts so far. */
  found(): { positive: number; negative: number; neutral: number } {
    const isFunctionWord = (id: number) => this.counts.get(id)! >= FUNCTION_WORD_SHARE * this.tokens;
    return {
      positive: [...this.endings].filter((id) => this.ofPositive.has(id)).length,
      negative: this.ofNegative.size,
      neutral: [...this.ofNeutral].filter((id) => !isFunctionWord(id)).length,
    };
  }

  /** Whether triples can be built, and R fitted to them. */
  enough(): boolean {
    const { positive, negative, neutral } = this.found();
    return positive >= FEWEST_WORDS && negative >= FEWEST_WORDS && neutral > 0;
  }
}
