/** Log-ratios where texts have a property against where they have not. */
import { sum } from "../../stats/moments.js";
import type { Hypothesis } from "../hypotheses/hypothesis.js";
import type { Evidence } from "../pair/evidence.js";
import { type Method, meanInErrors, type Scored } from "./method.js";

/** Texts that must have the property. */
const LEAST_TEXTS = 8;

/**
 * Mean over texts of the mean value of marked tokens less that of the others of the same text, in which
 * what a text has as a whole cancels.
 * @param values one number per token of each text
 */
export function contrastOfMarks(
  values: readonly ArrayLike<number>[],
  marksOfTexts: readonly Uint8Array[],
): Scored | null {
  const differences: number[] = [];
  for (const [text, marks] of marksOfTexts.entries()) {
    const own = values[text];
    let [marked, count] = [0, 0];
    for (let t = 0; t < marks.length; t++) {
      if (marks[t] === 0) continue;
      marked += own[t];
      count++;
    }
    if (count === 0 || count === marks.length) continue;
    differences.push(marked / count - (sum(own) - marked) / (marks.length - count));
  }
  return meanInErrors(differences, LEAST_TEXTS);
}

/**
 * `contrastOfMarks` of every hypothesis.
 * @param texts indices of the texts that have the values
 * @param values one number per token of each of these texts
 */
export function contrasts(
  { marks }: Evidence,
  hypotheses: readonly Hypothesis[],
  texts: readonly number[],
  values: readonly ArrayLike<number>[],
): (Scored | null)[] {
  return hypotheses.map((_, h) => {
    const own = marks.of(h);
    return contrastOfMarks(
      values,
      texts.map((i) => own[i]),
    );
  });
}

/** The values of both models' completions and of the corpus, in equal weight per text. */
export const markedTokens: Method = {
  name: "marked-tokens",
  summary: "log-ratios of the tokens in texts that have the property, less those of the other tokens",
  unit: "standard errors",
  async rank(evidence, hypotheses) {
    const { texts } = evidence;
    const logRatios = texts.map((text) => text.logRatios);
    return contrasts(evidence, hypotheses, [...texts.keys()], logRatios);
  },
};
