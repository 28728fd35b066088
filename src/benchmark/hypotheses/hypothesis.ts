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

/** A hypothesis whose tokens each are in or out by themselves. */
export function perToken(
  kind: HypothesisKind,
  name: string,
  isMarked: (token: TokenInRow, at: number, row: readonly TokenInRow[]) => boolean,
): Hypothesis {
  return {
    name: `${kind}: ${name}`,
    kind,
    marks: (row) => Uint8Array.from(row, (token, at) => (isMarked(token, at, row) ? 1 : 0)),
  };
}

/** Whether the token is the last of a word, so that a word counts once. */
export const endsWord = ({ piece }: TokenInRow): boolean => piece === "whole" || piece === "last";
