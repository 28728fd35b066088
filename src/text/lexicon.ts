/** The VADER sentiment lexicon, the reward's source of word values. */
import { readFileSync } from "node:fs";
import { assetPath } from "../assets.js";

/**
 * Reads the lexicon of vaderSentiment 3.3.2: 7506 words and emoticons with the mean rating of ten annotators, from
 * -4 (extremely negative) to 4 (extremely positive). Keys stand as in the file: almost all in lower case, four with a
 * space in them. Of words that stand twice in the file the later value counts, as in the original. Every call reads
 * the file and gives a new map (a few milliseconds): keep it.
 * @returns word -> valence
 * @see Hutto and Gilbert 2014, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text"
 */
export function loadLexicon(): Map<string, number> {
  const lexicon = new Map<string, number>();
  for (const line of readFileSync(assetPath("vader/vader_lexicon.txt"), "utf8").split("\n")) {
    const [word, valence] = line.split("\t");
    if (valence !== undefined) lexicon.set(word, Number(valence));
  }
  return lexicon;
}
