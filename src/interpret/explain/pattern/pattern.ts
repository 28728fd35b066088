/** Patterns of a feature's activation: where a pattern holds, and the level it predicts. */
import { HIGHEST_LEVEL } from "../../evidence/activation-level.js";
import type { Excerpt } from "../../evidence/excerpts.js";
import { isInClass, type TokenInRow, tokensInRow } from "../../words/token-classes.js";
import type { WordTokens } from "../../words/word-tokens.js";

/**
 * Where a feature is active.
 * `words`: at one of the words (or, after one for `at` -1, before one for 1); `pieces`: at a piece
 * of a word; `class`: at, after or before a token of a class; `position`: at the first tokens of a
 * text; `topic`: near one of the words.
 */
export type Pattern =
  | { kind: "words"; at: number; words: string[] }
  | { kind: "pieces"; pieces: string[] }
  | { kind: "class"; at: number; class: string }
  | { kind: "position"; first: number }
  | { kind: "topic"; words: string[] };

/** A pattern found in a feature's evidence, with measures of its fit. */
export interface FoundPattern {
  of: Pattern;
  /** Where else the feature is active, on average less (see `OtherPlaces`); absent if nowhere. */
  also?: Pattern[];
  /**
   * Balanced accuracy of separating the feature's strongest places from all other tokens, on texts
   * that the pattern was not made from; chance is 0.5.
   */
  score: number;
  /** Share of the strongest places at which it holds, and share of all tokens. */
  covers: number;
  breadth: number;
  /** Tested at the twenty highest activations only, not at half as strong ones. */
  highestOnly?: true;
  levels: PatternLevels;
}

/**
 * The level, 0 to 10, that a pattern predicts: mean activations of the evidence, scaled so that
 * the weakest of them is 0 and the strongest is 10.
 */
export interface PatternLevels {
  /** Where the pattern holds, and there for words with their own level. */
  holds: number;
  ofWord: Record<string, number>;
  /** At other places where the feature is active, for a pattern that has them. */
  also?: number;
  /** One, two and three tokens after the last place where it holds. */
  after: number[];
  otherwise: number;
}

/** Maximal distance in tokens to a word of a topic. */
export const TOPIC_REACH = 8;
/** Number of tokens after the pattern that have their own level. */
export const AFTER = 3;

/**
 * The tokens of a row at which a pattern holds.
 * @param start position in its text of the first token
 */
export function placesOf(pattern: Pattern, row: readonly TokenInRow[], start: number): boolean[] {
  switch (pattern.kind) {
    case "words":
      return row.map((_, t) => pattern.words.includes(row[t + pattern.at]?.word));
    case "pieces":
      return row.map(({ form }) => pattern.pieces.includes(form));
    case "class":
      return row.map((_, t) => t + pattern.at in row && isInClass(pattern.class, row[t + pattern.at]));
    case "position":
      return row.map((_, t) => start + t < pattern.first);
    case "topic":
      return row.map((_, t) =>
        row.slice(Math.max(0, t - TOPIC_REACH), t + TOPIC_REACH + 1).some(({ word }) => pattern.words.includes(word)),
      );
  }
}

/**
 * The token that decides whether a pattern holds at t, e.g. the one before for "after the word".
 */
export function decidingToken(pattern: Pattern, row: readonly TokenInRow[], t: number): TokenInRow {
  return row["at" in pattern ? t + pattern.at : t];
}

/** The tokens of a row at which one of several patterns holds. */
export function placesOfAny(patterns: readonly Pattern[], row: readonly TokenInRow[], start: number): boolean[] {
  const each = patterns.map((pattern) => placesOf(pattern, row, start));
  return row.map((_, t) => each.some((places) => places[t]));
}

/** The tokens of an excerpt at which the feature is predicted to be active. */
export function predictedPlaces(
  { of, also = [] }: Pick<FoundPattern, "of" | "also">,
  { tokens, start }: Excerpt,
  words: WordTokens,
): boolean[] {
  return placesOfAny([of, ...also], tokensInRow(tokens, words), start);
}

/** Predicted levels of an excerpt's tokens, 0 to 10. */
export function predictedLevels(
  { of: pattern, also = [], levels }: FoundPattern,
  { tokens, start }: Excerpt,
  words: WordTokens,
): number[] {
  const row = tokensInRow(tokens, words);
  const others = placesOfAny(also, row, start);
  let since = Number.POSITIVE_INFINITY;
  return placesOf(pattern, row, start).map((holds, t) => {
    since = holds ? 0 : since + 1;
    const elsewhere = levels.after[since - 1] ?? levels.otherwise;
    const level = holds
      ? (levels.ofWord[decidingToken(pattern, row, t).word] ?? levels.holds)
      : others[t]
        ? (levels.also ?? elsewhere)
        : elsewhere;
    return Math.max(0, Math.min(HIGHEST_LEVEL, level));
  });
}
