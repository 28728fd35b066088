/** How many texts share a pass where logits are made of them, and of how many positions logits are there together. */

/** Logits of a pass over several texts, padding included: 16 MiB. */
const LOGITS_AT_ONCE = 4 * 1024 * 1024;
/** The most that are there together; those of longer texts, or of large vocabularies, are made in pieces. */
const LOGITS_OF_A_PIECE = 4 * LOGITS_AT_ONCE;
/** With more tokens than this, the logits of few texts fill a pass, and each would read all weights again. */
const LARGE_VOCABULARY = 65_536;
/** Tokens of a pass whose logits are made in pieces, padding included. */
const TOKENS_AT_ONCE = 1024;

/**
 * Texts of a pass, at least one.
 * @param length tokens of the longest text
 * @param asked positions of a text at most whose logits are needed
 */
export function textsAtOnce(length: number, asked: number, vocabSize: number): number {
  const fitting = vocabSize > LARGE_VOCABULARY ? TOKENS_AT_ONCE / length : LOGITS_AT_ONCE / (asked * vocabSize);
  return Math.max(1, Math.floor(fitting));
}

/** Positions whose logits are there together, at least one; all of them, where they are few enough. */
export function positionsAtOnce(positions: number, vocabSize: number): number {
  return Math.min(positions, Math.max(1, Math.floor(LOGITS_OF_A_PIECE / vocabSize)));
}
