/** Words that are frequent around a feature's strongest places and rare elsewhere. */
import type { CorpusIndex } from "./corpus-index.js";
import { TOPIC_REACH } from "./pattern.js";
import type { StrongPlaces } from "./strong-places.js";

const MOST_WORDS = 6;
/** Minimal number of strongest places, and of texts, near which a topic word occurs. */
const FEWEST = 3;
/** Minimal ratio of its frequency near them to that near other tokens. */
const LIFT = 4;

/**
 * Words of four letters or more, ranked by the share of strongest places that they are near, minus
 * the share expected from their frequency.
 * @param without a fold of texts that is left out
 * @returns numbers of words, at most six
 */
export function topicWordsOf({ positions }: StrongPlaces, index: CorpusIndex, without?: number): number[] {
  const words = index.words.get(0)!.keys;
  const { textOf } = index.corpus;
  const near = new Map<number, { places: number; texts: Set<number> }>();
  const kept = positions.filter((position) => index.foldOf(position) !== without);
  for (const position of kept) {
    const around = new Set<number>();
    for (let at = -TOPIC_REACH; at <= TOPIC_REACH; at++)
      if (index.hasNeighbour(position, at)) around.add(words[position + at]);
    for (const word of around) {
      const entry = near.get(word) ?? { places: 0, texts: new Set() };
      near.set(word, entry);
      entry.places++;
      entry.texts.add(textOf[position]);
    }
  }
  const window = 2 * TOPIC_REACH + 1;
  return [...near]
    .filter(([word, { texts }]) => texts.size >= FEWEST && /^\p{L}{4,}$/u.test(index.names[word]))
    .map(([word, { places }]) => {
      const expected = Math.min(1, (window * index.placesOf(word).length) / textOf.length);
      return { word, lift: places / kept.length / expected, gain: places / kept.length - expected };
    })
    .filter(({ lift }) => lift >= LIFT)
    .sort((a, b) => b.gain - a.gain || a.word - b.word)
    .slice(0, MOST_WORDS)
    .map(({ word }) => word);
}
