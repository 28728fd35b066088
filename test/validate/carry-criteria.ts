/** The bounds that carry has to keep on pairs with known truth, set before the first full run. */
import type { ConstantPair, NounPair } from "./carry-pairs.js";

export interface Bound {
  claim: string;
  /** What was measured, in words. */
  measured: string;
  holds: boolean;
}

/** Share of the pairs without a reward in which nothing may be claimed: 18 of 20. */
const QUIET = 0.9;
const [RATIO, AREA, SIGNIFICANT] = [3, 0.9, 0.05];

const numbers = (values: readonly number[], digits = 2) => values.map((value) => value.toFixed(digits)).join(", ");

export function constantBounds(pairs: readonly ConstantPair[]): Bound[] {
  if (pairs.length === 0) return [];
  const quiet = pairs.filter(({ excess }) => excess <= 0).length;
  return [
    {
      claim:
        "constant reward: what chosen features carry beyond others of equal size covers 0 in at least 18 of 20 pairs",
      measured: `${quiet} of ${pairs.length}`,
      holds: quiet >= QUIET * pairs.length,
    },
  ];
}

export function nounBounds(pairs: readonly NounPair[]): Bound[] {
  if (pairs.length === 0) return [];
  const seeds = `${pairs.length} seeds`;
  return [
    {
      claim:
        "nouns: rows of the vocabulary of rewarded words carry more than those of as frequent decoys, at every seed",
      measured: `${pairs.filter(({ planted, decoys }) => planted > decoys).length} of ${seeds}`,
      holds: pairs.every(({ planted, decoys }) => planted > decoys),
    },
    {
      claim: `and at least ${RATIO} times as much, in absolute value`,
      measured: numbers(
        pairs.map(({ ratio }) => ratio),
        1,
      ),
      holds: pairs.every(({ ratio }) => ratio >= RATIO),
    },
    {
      claim: `R on log-ratios orders rewarded words that it was not fitted on: area at least ${AREA}`,
      measured: numbers(pairs.map(({ plantedByR }) => plantedByR.area)),
      holds: pairs.every(({ plantedByR }) => plantedByR.area >= AREA),
    },
    {
      claim: `and does not order decoys: p above ${SIGNIFICANT}`,
      measured: numbers(
        pairs.map(({ decoysByR }) => decoysByR.pValue),
        3,
      ),
      holds: pairs.every(({ decoysByR }) => decoysByR.pValue > SIGNIFICANT),
    },
    {
      claim: "R on the log-ratios of the base model with itself is 0 for every word, exactly",
      measured: pairs.map(({ baseByItself }) => String(baseByItself)).join(", "),
      holds: pairs.every(({ baseByItself }) => baseByItself === 0),
    },
  ];
}

export function boundsTable(bounds: readonly Bound[]): string {
  const rows = bounds.map(({ claim, measured, holds }) => `| ${claim} | ${measured} | ${holds ? "holds" : "missed"} |`);
  return `| bound | measured | |\n| --- | --- | --- |\n${rows.join("\n")}\n`;
}
