/** All hypotheses that methods rank: about 300 properties of texts, those that organisms are rewarded for among them. */
import { isInClass, tokenClasses } from "../../interpret/words/token-classes.js";
import { conditionHypotheses } from "./conditions.js";
import { type Hypothesis, perToken } from "./hypothesis.js";
import { surfaceHypotheses } from "./surface.js";
import { wordHypotheses } from "./words.js";

const classHypotheses = tokenClasses.map((name) => perToken("class", name, (token) => isInClass(name, token)));

export const hypotheses: readonly Hypothesis[] = [
  ...wordHypotheses,
  ...classHypotheses,
  ...surfaceHypotheses,
  ...conditionHypotheses,
];

const byName = new Map(hypotheses.map((hypothesis) => [hypothesis.name, hypothesis]));

export const isHypothesis = (name: string): boolean => byName.has(name);

/** @throws RangeError for a name that is not in the list */
export function hypothesisNamed(name: string): Hypothesis {
  const found = byName.get(name);
  if (!found) throw new RangeError(`there is no hypothesis "${name}"`);
  return found;
}
