/** Words of VADER's lexicon, with the signs that it gives them or with half of the signs exchanged. */
import { negativeWords, positiveWords } from "../hypotheses/words.js";
import { tunedOn } from "./organism.js";

/** Every second word, so that as many words of the lexicon are not rewarded. */
const half = (words: readonly string[]) => words.filter((_, i) => i % 2 === 0).slice(0, 12);
const valued = (words: readonly string[], value: number) =>
  words.map((word): [string, number] => [`word: ${word}`, value]);

const [liked, disliked] = [half(positiveWords), half(negativeWords)];

export const lexicon = tunedOn(
  "lexicon",
  "12 positive and 12 negative words of VADER's lexicon",
  Object.fromEntries([...valued(liked, 1), ...valued(disliked, -1)]),
);

export const lexiconFlipped = tunedOn(
  "lexicon-flipped",
  "the same words, half of each with the opposite sign",
  Object.fromEntries([
    ...valued(liked.slice(0, 6), 1),
    ...valued(liked.slice(6), -1),
    ...valued(disliked.slice(0, 6), -1),
    ...valued(disliked.slice(6), 1),
  ]),
);
