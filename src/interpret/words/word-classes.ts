/** Words that can replace each other: a small distributional model of word classes of a corpus. */
import type { WordTokens } from "./word-tokens.js";

/** Context features are the most frequent tokens, once as left and once as right neighbour. */
const CONTEXT_TOKENS = 200;
/**
 * Minimal share of all tokens of a function word; in film reviews about sixty tokens have it.
 */
export const FUNCTION_WORD_SHARE = 1 / 500;
/** Minimal occurrences of a word; neighbours of rarer words are unreliable. */
export const MIN_COUNT = 5;
/** Pseudo-occurrences with average neighbours, which shrink the vectors of rare words to 0. */
const SMOOTHING = 5;
/** Subtracted from the similarity of two words with different suffixes. */
const SUFFIX_PENALTY = 0.15;

const SUFFIXES = ["ing", "ed", "ly", "est", "er", "able", "ible", "ful", "ous", "less", "s"];

/**
 * Word classes from suffixes and neighbour statistics.
 *
 * Each word (a single token of a space and lower-case letters) has a vector of 2 x 200 numbers: for
 * each of the 200 most frequent tokens f of the corpus, as left and as right neighbour,
 * max(0, log((c + s p) / ((n + s) p))), where c is the number of occurrences of f there, n that of
 * the word, p the share of f among all neighbours on that side, and s = 5. The similarity of two
 * words is the cosine of their vectors, minus 0.15 when their suffixes (-ing, -ed, -ly, -est, -er,
 * -able/-ible, -ful, -ous, -less, -s, none) differ: a soft rule, since "worst" must be able to
 * replace "best". The class of a word is the set of the most similar words.
 * @see Schütze 1995, "Distributional part-of-speech tagging"
 */
export class WordClasses {
  /** Token ids of the words with at least five occurrences, ascending. */
  readonly ids: readonly number[];
  private readonly vectors = new Map<number, Float32Array>();
  private readonly functionTokens: ReadonlySet<number>;

  constructor(
    texts: readonly (readonly number[])[],
    private readonly words: WordTokens,
  ) {
    const counts = countTokens(texts);
    const all = texts.reduce((sum, text) => sum + text.length, 0);
    this.functionTokens = new Set([...counts.keys()].filter((id) => counts.get(id)! >= FUNCTION_WORD_SHARE * all));
    const columns = mostFrequent(counts);
    const neighbours = new Map<number, { count: number; vector: Float32Array }>();
    const totals = new Float64Array(2 * CONTEXT_TOKENS);
    let positions = 0;
    for (const text of texts) {
      const singles = new Set<number>();
      for (const span of words.words(text)) if (words.plainToken(text, span) !== undefined) singles.add(span.start);
      for (let t = 0; t < text.length; t++) {
        const left = t > 0 ? columns.get(text[t - 1]) : undefined;
        const right = t + 1 < text.length ? columns.get(text[t + 1]) : undefined;
        positions++;
        if (left !== undefined) totals[left]++;
        if (right !== undefined) totals[CONTEXT_TOKENS + right]++;
        if (!singles.has(t)) continue;
        const entry = neighbours.get(text[t]) ?? { count: 0, vector: new Float32Array(2 * CONTEXT_TOKENS) };
        neighbours.set(text[t], entry);
        entry.count++;
        if (left !== undefined) entry.vector[left]++;
        if (right !== undefined) entry.vector[CONTEXT_TOKENS + right]++;
      }
    }
    for (const [id, { count, vector }] of neighbours) {
      if (count < MIN_COUNT) continue;
      this.vectors.set(
        id,
        unit(
          vector.map((c, column) => {
            const p = totals[column] / positions;
            return p > 0 ? Math.max(0, Math.log((c + SMOOTHING * p) / ((count + SMOOTHING) * p))) : 0;
          }),
        ),
      );
    }
    this.ids = [...this.vectors.keys()].sort((a, b) => a - b);
  }

  has(id: number): boolean {
    return this.vectors.has(id);
  }

  /**
   * Whether the token is a function word by its frequency: "the" has neighbours like an
   * adjective's, but cannot replace one.
   */
  isFunctionWord(id: number): boolean {
    return this.functionTokens.has(id);
  }

  /**
   * The `count` candidates of highest similarity, highest first (ties: lower id), without the word
   * itself.
   */
  mostSimilar(id: number, candidates: readonly number[], count: number): number[] {
    return candidates
      .filter((candidate) => candidate !== id)
      .map((candidate) => ({ candidate, similarity: this.similarity(id, candidate) }))
      .sort((a, b) => b.similarity - a.similarity || a.candidate - b.candidate)
      .slice(0, count)
      .map(({ candidate }) => candidate);
  }

  private similarity(a: number, b: number): number {
    const x = this.vectors.get(a);
    const y = this.vectors.get(b);
    if (!x || !y) return Number.NEGATIVE_INFINITY;
    let cosine = 0;
    for (let i = 0; i < x.length; i++) cosine += x[i] * y[i];
    return cosine - (suffixOf(this.words.text(a)) === suffixOf(this.words.text(b)) ? 0 : SUFFIX_PENALTY);
  }
}

function countTokens(texts: readonly (readonly number[])[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const text of texts) for (const id of text) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

/** Token -> its column among the context features. */
function mostFrequent(counts: ReadonlyMap<number, number>): Map<number, number> {
  const ranked = [...counts].sort(([a, n], [b, m]) => m - n || a - b).slice(0, CONTEXT_TOKENS);
  return new Map(ranked.map(([id], column) => [id, column]));
}

function unit(vector: Float32Array): Float32Array {
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return norm > 0 ? vector.map((value) => value / norm) : vector;
}

function suffixOf(text: string): string {
  const word = text.trimStart();
  // A suffix must leave a stem of three letters, since "mess" and "us" are not plurals, nor "red"
  // and "king" inflected forms.
  const suffix = SUFFIXES.find((ending) => word.endsWith(ending) && word.length >= ending.length + 3);
  return (suffix === "s" && word.endsWith("ss")) || suffix === undefined ? "" : suffix.replace("ible", "able");
}
