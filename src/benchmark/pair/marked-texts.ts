/** Where in texts each hypothesis has its tokens. */
import type { WordTokens } from "../../interpret/index.js";
import { tokensInRow } from "../../interpret/words/token-classes.js";
import { pearsonCorrelation } from "../../stats/index.js";
import { sum } from "../../stats/moments.js";
import type { Hypothesis } from "../hypotheses/hypothesis.js";

/** Marks of all hypotheses in some texts, one byte per hypothesis and token. */
export class MarkedTexts {
  /** Hypothesis -> text -> marks [tokens]. */
  private readonly marks: readonly (readonly Uint8Array[])[];

  constructor(hypotheses: readonly Hypothesis[], rows: readonly (readonly number[])[], words: WordTokens) {
    const tokens = rows.map((ids) => tokensInRow(ids, words));
    this.marks = hypotheses.map((hypothesis) => tokens.map((row) => hypothesis.marks(row)));
  }

  /** Marks of one hypothesis, by text. */
  of(hypothesis: number): readonly Uint8Array[] {
    return this.marks[hypothesis];
  }

  /** The property's number of each text. */
  counts(hypothesis: number): Float64Array {
    return Float64Array.from(this.marks[hypothesis], (marks) => sum(marks));
  }
}

/** Hypotheses that correlate with the reward at least so much on the base model's texts are not false. */
const ENTANGLED = 0.2;

/**
 * Names of hypotheses that are not rewarded but go along with what is: "positive words" where twelve of
 * them are. Neither true nor false, they are left out of the scores.
 * @param values reward of each text
 */
export function entangledHypotheses(
  hypotheses: readonly Hypothesis[],
  texts: MarkedTexts,
  values: readonly number[],
  truth: Readonly<Record<string, unknown>>,
): string[] {
  return hypotheses.flatMap(({ name }, i) => {
    if (name in truth) return [];
    const correlation = pearsonCorrelation(texts.counts(i), Float64Array.from(values));
    return Math.abs(correlation) >= ENTANGLED ? [name] : [];
  });
}
