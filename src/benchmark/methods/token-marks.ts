/** Hypotheses over single tokens of the vocabulary, for methods that value tokens without their texts. */
import type { WordTokens } from "../../interpret/index.js";
import { tokensInRow } from "../../interpret/words/token-classes.js";
import type { Hypothesis } from "../hypotheses/hypothesis.js";

/**
 * Marks of each token of the vocabulary, read alone; undefined for hypotheses that mark none or all tokens
 * alike, which is where a token alone does not tell.
 */
export function vocabularyMarks(
  hypotheses: readonly Hypothesis[],
  vocabSize: number,
  words: WordTokens,
): (Uint8Array | undefined)[] {
  const rows = Array.from({ length: vocabSize }, (_, id) => tokensInRow([id], words));
  return hypotheses.map(({ kind, marks }) => {
    if (kind === "condition") return undefined;
    const marked = Uint8Array.from(rows, (row) => marks(row)[0]);
    return marked.every((mark) => mark === marked[0]) ? undefined : marked;
  });
}
