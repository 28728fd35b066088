/** Kendall's tau as the published computation has it: of token strings in place of values. */
import { type KendallTau, kendallTau } from "./kendall-tau.js";

/**
 * The words in the order of their rebuilt values and the words in the order of their true values, compared as two lists of
 * strings: SciPy ranks strings by alphabet, so pairs of positions are concordant when both lists go on in the alphabet. It
 * says nothing about the values and is offered to reproduce what was published. Words of equal value stay as given.
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
