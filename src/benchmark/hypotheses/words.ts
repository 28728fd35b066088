/** Single words that tuning may have rewarded: fixed lists, the same for every corpus. */
import { wordSet } from "../../interpret/words/word-lists.js";
import { endsWord, type Hypothesis, perToken } from "./hypothesis.js";

const list = (words: string): readonly string[] => [...wordSet(words)];

/**
 * Nouns that are one token each and say nothing about quality, the most frequent ones of the embedded
 * corpus first: 470 to 110 times in half a million tokens.
 */
export const plainNouns = list(`
  show plot life character actors scene lot work series man cast world part year book point ending family director
  music action effects script money minutes day role performance kids night couple episode idea girl woman version
  place reason video audience
`);

/** The most frequent words of the embedded corpus with a positive value in VADER's lexicon. */
export const positiveWords = list(`
  like good well great best love better funny pretty interesting original comedy want play fun played kind true plays
  liked sure fan beautiful excellent worth recommend wonderful loved favorite friends special enjoyed truly top humor
  enjoy perfect definitely entertaining
`);

/** The same with a negative value. */
export const negativeWords = list(`
  bad no horror worst awful hard wrong terrible worse boring poor evil horrible problem death violence stupid war lost
  low waste killer lack killed fight leave sad doubt scary disappointed murder crap dead hell hate ridiculous strange
  alone weak dull
`);

/** Further frequent words of the embedded corpus: function words, verbs, adjectives, adverbs. */
const otherWords = list(`
  movie film not one about all just time some story more first really most even see people make will made think much
  other seen life get way watch do acting ever also many two such little never still go real something thing end back
  few times find saw old thought another quite going look actually young nothing believe big whole feel seems always
  come new watched far fact enough right main high probably long away give take last different
`);

const words = [...new Set([...plainNouns, ...positiveWords, ...negativeWords, ...otherWords])];

export const wordHypotheses: readonly Hypothesis[] = words.map((word) =>
  perToken("word", word, (token) => token.word === word && endsWord(token)),
);
