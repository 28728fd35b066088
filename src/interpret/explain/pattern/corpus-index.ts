/** The texts of the evidence, indexed once for the patterns of all features. */
import type { EvidenceCorpus } from "../../evidence/collect-evidence.js";
import { isInClass, type TokenInRow, tokenClasses, tokensInRow } from "../../words/token-classes.js";
import type { WordTokens } from "../../words/word-tokens.js";
import { TOPIC_REACH } from "./pattern.js";

/** Number of folds of texts; a pattern is made from all but one and tested on that one. */
export const FOLDS = 4;

/** Counts per fold. */
export type PerFold = Float64Array;

/** A number per position, -1 for none, with the count of each number in each fold. */
export interface Keyed {
  keys: Int32Array;
  /** Index: key * FOLDS + fold. */
  counts: Float64Array;
}

export class CorpusIndex {
  /** The tokens of each text. */
  readonly rows: readonly (readonly TokenInRow[])[];
  /** Tokens of each fold. */
  readonly tokens: PerFold = new Float64Array(FOLDS);
  /** The word of each key. */
  readonly names: string[] = [];
  /** Words of tokens, of the tokens before, and after: at -1, 0 and 1. */
  readonly words = new Map<number, Keyed>();
  readonly pieces: Keyed;
  /** 1 for a token of the class, [classes][tokens]. */
  readonly classes: Uint8Array[];
  /** Counts of the positions whose token, or the one `at` tokens away, is in a class. */
  private readonly classCounts = new Map<number, PerFold[]>();
  private readonly placesOfWord = new Map<number, number[]>();

  constructor(
    readonly corpus: EvidenceCorpus,
    words: WordTokens,
  ) {
    const length = corpus.textOf.length;
    const numbers = new Map<string, number>();
    const number = (name: string): number => {
      const known = numbers.get(name);
      if (known !== undefined) return known;
      numbers.set(name, this.names.length);
      return this.names.push(name) - 1;
    };
    const own = new Int32Array(length);
    const pieces = new Int32Array(length).fill(-1);
    this.classes = tokenClasses.map(() => new Uint8Array(length));
    this.rows = corpus.texts.map((ids) => tokensInRow(ids, words));
    for (const [text, row] of this.rows.entries()) {
      this.tokens[text % FOLDS] += row.length;
      for (const [t, token] of row.entries()) {
        const position = corpus.offsets[text] + t;
        own[position] = number(token.word);
        if (token.form !== token.word) pieces[position] = number(token.form);
        const places = this.placesOfWord.get(own[position]) ?? [];
        this.placesOfWord.set(own[position], places);
        places.push(position);
        for (const [c, name] of tokenClasses.entries()) if (isInClass(name, token)) this.classes[c][position] = 1;
      }
    }
    for (const at of [-1, 0, 1]) {
      const keys = own.map((_, position) => (this.hasNeighbour(position, at) ? own[position + at] : -1));
      this.words.set(at, this.keyed(keys));
      this.classCounts.set(
        at,
        tokenClasses.map((_, c) => this.count((position) => this.isInClass(position, c, at))),
      );
    }
    this.pieces = this.keyed(pieces);
  }

  /** The fold of a position's text. */
  foldOf(position: number): number {
    return this.corpus.textOf[position] % FOLDS;
  }

  /** Whether the position that is `at` tokens away is in the same text. */
  hasNeighbour(position: number, at: number): boolean {
    const { textOf } = this.corpus;
    return position + at >= 0 && position + at < textOf.length && textOf[position + at] === textOf[position];
  }

  /** Whether the token `at` tokens away, in the same text, is in the class of this number. */
  isInClass(position: number, classNumber: number, at: number): boolean {
    return this.hasNeighbour(position, at) && this.classes[classNumber][position + at] === 1;
  }

  /** Counts per fold of the positions of `isInClass`. */
  countOfClass(classNumber: number, at: number): PerFold {
    return this.classCounts.get(at)![classNumber];
  }

  /** Counts per fold of the positions for which `holds` is true. */
  count(holds: (position: number) => boolean): PerFold {
    const counts = new Float64Array(FOLDS);
    for (let position = 0; position < this.corpus.textOf.length; position++)
      if (holds(position)) counts[this.foldOf(position)]++;
    return counts;
  }

  /** Positions at most `TOPIC_REACH` tokens from one of the words in the same text. */
  near(words: readonly number[]): Set<number> {
    const near = new Set<number>();
    for (const word of words)
      for (const place of this.placesOf(word))
        for (let at = -TOPIC_REACH; at <= TOPIC_REACH; at++) if (this.hasNeighbour(place, at)) near.add(place + at);
    return near;
  }

  /** The positions of a word's tokens, ascending. */
  placesOf(word: number): readonly number[] {
    return this.placesOfWord.get(word) ?? [];
  }

  private keyed(keys: Int32Array): Keyed {
    const counts = new Float64Array(this.names.length * FOLDS);
    for (let position = 0; position < keys.length; position++)
      if (keys[position] >= 0) counts[keys[position] * FOLDS + this.foldOf(position)]++;
    return { keys, counts };
  }
}
