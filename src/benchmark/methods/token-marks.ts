/** Hypotheses over single tokens of the vocabulary, for methods that value tokens without their texts. */
import { tokensInRow } from "../../interpret/words/token-classes.js";
import type { Hypothesis } from "../hypotheses/hypothesis.js";
import type { Evidence } from "../pair/evidence.js";

/**
 * Marks of each token of the vocabulary, read alone; undefined for hypotheses that mark none or all tokens
 * alike, which is where a token alone does not tell.
 */
export function vocabularyMarks(
  { base, tokenizer, words }: Pick<Evidence, "base" | "tokenizer" | "words">,
  hypotheses: readonly Hypothesis[],
): (Uint8Array | undefined)[] {
  // A model may have rows that its tokenizer has no token for.
  const vocabSize = Math.min(base.config.vocabSize, tokenizer.vocabSize);
  const rows = Array.from({ length: vocabSize }, (_, id) => tokensInRow([id], words));
  return hypotheses.map(({ kind, marks }) => {
    if (kind === "condition") return undefined;
    const marked = Uint8Array.from(rows, (row) => marks(row)[0]);
    return marked.every((mark) => mark === marked[0]) ? undefined : marked;
  });
}
