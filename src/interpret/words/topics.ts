/** Topics of the tokens of film reviews: a few short closed word lists. */
import { wordSet } from "./word-lists.js";
import type { WordTokens } from "./word-tokens.js";

/**
 * Words per topic; a word has at most one topic. The first four are frequent in the paper's
 * descriptions of features (Tables 2, 8 and 9): films and series, opinions on them, names and
 * roles, stories. Each list has the most common words of the meaning, without ambiguous ones
 * ("end", "like", "part", "play"). Function words are the closed classes: articles, pronouns,
 * prepositions, conjunctions, auxiliaries.
 */
export const topicWords = {
  film: wordSet("film films movie movies flick cinema documentary sequel remake series episode"),
  evaluation: wordSet(
    "good great best better excellent wonderful brilliant perfect amazing enjoyable funny bad worst worse terrible awful horrible poor boring dull stupid",
  ),
  "people and roles": wordSet(
    "actor actors actress actresses cast director character characters role roles performance performances hero heroine villain man woman men women",
  ),
  story: wordSet("story stories plot plots script scene scenes dialogue ending storyline twist tale novel"),
  "function words": wordSet(
    "a an the this that these those i you he she it we they me him her us them my your his its our their who which what of in on at to for with from by about as and or but if because is are was were be been am do does did have has had will would can could not",
  ),
};

/** Disjoint sets of tokens, of which topics are unions. */
const parts = [
  "film",
  "film in an opinion",
  "evaluation",
  "evaluation in an opinion",
  "people and roles",
  "story",
  "function words",
  "punctuation and format",
  "numbers",
] as const;

export type TopicPart = (typeof parts)[number];

/**
 * Topics as unions of parts. "movie opinion" is the topic of descriptions that Appendix F of the
 * paper counts: words for films and words of judgement near each other.
 */
export const topics: readonly { topic: string; parts: readonly TopicPart[] }[] = [
  { topic: "movie opinion", parts: ["film in an opinion", "evaluation in an opinion"] },
  { topic: "film", parts: ["film", "film in an opinion"] },
  { topic: "evaluation", parts: ["evaluation", "evaluation in an opinion"] },
  { topic: "people and roles", parts: ["people and roles"] },
  { topic: "story", parts: ["story"] },
  { topic: "function words", parts: ["function words"] },
  { topic: "punctuation and format", parts: ["punctuation and format"] },
  { topic: "numbers", parts: ["numbers"] },
];

/** Maximal distance in tokens between a word for a film and a word of judgement about it. */
const OPINION_REACH = 8;

/** The number of a part in `tokenTopicParts`; 0 means no part. */
export function partNumber(part: TopicPart): number {
  return 1 + parts.indexOf(part);
}

/** The number of part numbers, including 0. */
export const PART_NUMBERS = parts.length + 1;

/**
 * The part of each token: that of the word which the token completes (lower-cased), or of the
 * token's form.
 * @returns part numbers, [tokens]
 */
export function tokenTopicParts(ids: readonly number[], words: WordTokens): Uint8Array {
  const marked = Uint8Array.from(ids, (id) => {
    const text = words.text(id);
    if (!/[\p{L}\p{N}]/u.test(text)) return partNumber("punctuation and format");
    return /\p{L}/u.test(text) ? 0 : partNumber("numbers");
  });
  const found = { film: [] as number[], evaluation: [] as number[] };
  for (const { word, end } of words.words(ids)) {
    const topic = (Object.keys(topicWords) as (keyof typeof topicWords)[]).find((name) => topicWords[name].has(word));
    if (topic === undefined) continue;
    marked[end - 1] = partNumber(topic);
    if (topic === "film" || topic === "evaluation") found[topic].push(end - 1);
  }
  for (const film of found.film) {
    for (const evaluation of found.evaluation) {
      if (Math.abs(film - evaluation) > OPINION_REACH) continue;
      marked[film] = partNumber("film in an opinion");
      marked[evaluation] = partNumber("evaluation in an opinion");
    }
  }
  return marked;
}
