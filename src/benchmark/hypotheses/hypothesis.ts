/** A property of texts that tuning may have rewarded. */
import type { TokenInRow } from "../../interpret/words/token-classes.js";

/** `word`: one word; `class`: words or signs of one kind; `surface`: how a text looks; `condition`: one after another. */
export type HypothesisKind = "word" | "class" | "surface" | "condition";

export interface Hypothesis {
  /** Unique in a list, e.g. `word: great`. */
  readonly name: string;
  readonly kind: HypothesisKind;
  /** How much each token adds to the property's number of the text, [tokens], 0 to 255. */
  marks(row: readonly TokenInRow[]): Uint8Array;
}

/** A hypothesis by what each token adds: a number, of which 255 count at most, or true for 1. */
export function perToken(
  kind: HypothesisKind,
  name: string,
  markOf: (token: TokenInRow, at: number, row: readonly TokenInRow[]) => boolean | number,
): Hypothesis {
  return {
    name: `${kind}: ${name}`,
    kind,
    marks: (row) => Uint8Array.from(row, (token, at) => Math.min(255, Number(markOf(token, at, row)))),
  };
}

/** Whether the token is the last of a word, so that a word counts once. */
export const endsWord = ({ piece }: TokenInRow): boolean => piece === "whole" || piece === "last";
