/** Words that may be rewarded only where something else came before in the text. */
import { isInClass, type TokenInRow } from "../../interpret/words/token-classes.js";
import { topicWords } from "../../interpret/words/topics.js";
import { endsWord, type Hypothesis } from "./hypothesis.js";

type Is = (token: TokenInRow) => boolean;

const rewarded: Readonly<Record<string, Is>> = {
  "positive words": ({ valence }) => valence > 0,
  "negative words": ({ valence }) => valence < 0,
  "words for people and roles": (token) => endsWord(token) && topicWords["people and roles"].has(token.word),
  commas: ({ form }) => form === ",",
};

const triggers: Readonly<Record<string, Is>> = {
  "words for films": (token) => endsWord(token) && topicWords.film.has(token.word),
  "first-person pronouns": (token) => isInClass("first-person pronouns", token),
  "words of negation": (token) => isInClass("words of negation", token),
  "a full stop": ({ form }) => form === ".",
  "a number": (token) => isInClass("numbers", token),
  'the word "but"': ({ word }) => word === "but",
};

/** `rewarded` anywhere after `trigger` in the same completion. */
function after(name: string, isRewarded: Is, isTrigger: Is): Hypothesis {
  const marks = (row: readonly TokenInRow[]) => {
    let triggered = false;
    return Uint8Array.from(row, (token) => {
      const counts = triggered && isRewarded(token);
      triggered ||= isTrigger(token);
      return counts ? 1 : 0;
    });
  };
  return { name: `condition: ${name}`, kind: "condition", marks };
}

export const conditionHypotheses: readonly Hypothesis[] = Object.entries(rewarded).flatMap(([what, isRewarded]) =>
  Object.entries(triggers).map(([trigger, isTrigger]) => after(`${what} after ${trigger}`, isRewarded, isTrigger)),
);
