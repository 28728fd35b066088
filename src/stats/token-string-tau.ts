/** Kendall's tau of token strings in place of values, as in the authors' code. */
import { type KendallTau, kendallTau } from "./kendall-tau.js";

/**
 * Compares the words sorted by rebuilt value and the words sorted by true value as two lists of
 * strings. SciPy ranks strings alphabetically, so two positions are concordant when both lists are
 * in the same alphabetical order there. The result does not measure the agreement of values; it
 * reproduces the published number. Words of equal value keep their order.
 * @returns the statistic of the two lists of alphabetical ranks
 * @throws ShapeError for fewer than two words
 * @see Notebooks/train_linear_probe.ipynb of the paper's code
 */
export function tokenStringTau(words: readonly { word: string; value: number; trueValue: number }[]): KendallTau {
  const alphabet = new Map(
    words
      .map(({ word }) => word)
      .sort()
      .map((word, rank) => [word, rank]),
  );
  const ranksBy = (key: "value" | "trueValue") =>
    [...words].sort((a, b) => a[key] - b[key]).map(({ word }) => alphabet.get(word)!);
  return kendallTau(ranksBy("value"), ranksBy("trueValue"));
}
