/** Candidate patterns of a feature, each made from some texts and tested on others. */
import { tokenClasses } from "../../words/token-classes.js";
import { type CorpusIndex, FOLDS, type Keyed } from "./corpus-index.js";
import type { Pattern } from "./pattern.js";
import type { StrongPlaces } from "./strong-places.js";
import { topicWordsOf } from "./topic-words.js";

/** Minimal share of the strongest places at which a word of a set occurs. */
const WORD_SHARE = 0.08;

/** In one fold, the numbers of strongest places and of all places at which a candidate holds. */
export interface Counts {
  hits: number;
  holds: number;
}

/** A kind of pattern, made from some folds and tested on another. */
export interface Candidate {
  /** Lower is simpler. */
  complexity: number;
  /** From all folds but one, or from all; undefined if there is nothing to make it of. */
  make(without?: number): Fitted | undefined;
}

export interface Fitted {
  pattern: Pattern;
  /** Its counts in one fold. */
  countIn(fold: number): Counts;
}

/** Every candidate for a feature, from words at the token to words around it. */
export function candidates(strong: StrongPlaces, index: CorpusIndex): Candidate[] {
  const named = (keys: readonly number[]) => keys.map((key) => index.names[key]);
  const words = (at: number, most: number, complexity: number): Candidate =>
    ofKeys(strong, index, index.words.get(at)!, { most, complexity }, (keys) => ({
      kind: "words",
      at,
      words: named(keys),
    }));
  const classAt = (at: number, complexity: number): Candidate[] =>
    tokenClasses.map((name, c) =>
      fixed(strong, index, complexity, { kind: "class", at, class: name }, index.countOfClass(c, at), (position) =>
        index.isInClass(position, c, at),
      ),
    );
  const first = (tokens: number): Candidate => {
    const { offsets, textOf } = index.corpus;
    const holds = (position: number) => position - offsets[textOf[position]] < tokens;
    return fixed(strong, index, 4, { kind: "position", first: tokens }, index.count(holds), holds);
  };
  return [
    words(0, 1, 0),
    ofKeys(strong, index, index.pieces, { most: 1, complexity: 1 }, (keys) => ({
      kind: "pieces",
      pieces: named(keys),
    })),
    words(0, 2, 2),
    ...classAt(0, 2),
    words(0, 4, 3),
    ofKeys(strong, index, index.pieces, { most: 4, complexity: 3 }, (keys) => ({
      kind: "pieces",
      pieces: named(keys),
    })),
    ...[1, 5, 20].map(first),
    words(-1, 1, 4),
    words(-1, 3, 5),
    ...classAt(-1, 5),
    words(1, 1, 6),
    words(1, 3, 6),
    ...classAt(1, 6),
    {
      complexity: 7,
      make(without) {
        const topic = topicWordsOf(strong, index, without);
        if (topic.length === 0) return undefined;
        const near = index.near(topic);
        return {
          pattern: { kind: "topic", words: named(topic) },
          countIn: (fold) => ({
            hits: strong.positions.filter((position) => index.foldOf(position) === fold && near.has(position)).length,
            holds: [...near].filter((position) => index.foldOf(position) === fold).length,
          }),
        };
      },
    },
  ];
}

/** A candidate without parameters. */
function fixed(
  strong: StrongPlaces,
  index: CorpusIndex,
  complexity: number,
  pattern: Pattern,
  counts: Float64Array,
  holds: (position: number) => boolean,
): Candidate {
  const hits = new Float64Array(FOLDS);
  for (const position of strong.positions) if (holds(position)) hits[index.foldOf(position)]++;
  const fitted: Fitted = { pattern, countIn: (fold) => ({ hits: hits[fold], holds: counts[fold] }) };
  return { complexity, make: () => fitted };
}

/**
 * The keys (words or pieces) that best separate the strongest places from others. Balanced accuracy
 * is a sum over keys, so the best set of a given size has the keys with the largest terms.
 */
function ofKeys(
  { positions, perFold }: StrongPlaces,
  index: CorpusIndex,
  { keys, counts }: Keyed,
  { most, complexity }: { most: number; complexity: number },
  patternOf: (keys: readonly number[]) => Pattern,
): Candidate {
  const hits = new Map<number, Float64Array>();
  for (const position of positions) {
    if (keys[position] < 0) continue;
    const ofKey = hits.get(keys[position]) ?? new Float64Array(FOLDS);
    hits.set(keys[position], ofKey);
    ofKey[index.foldOf(position)]++;
  }
  const holdsIn = (key: number, fold: number) => counts[key * FOLDS + fold];
  const sumWithout = (of: (fold: number) => number, without?: number) => {
    let sum = 0;
    for (let fold = 0; fold < FOLDS; fold++) if (fold !== without) sum += of(fold);
    return sum;
  };
  return {
    complexity,
    make(without) {
      const places = sumWithout((fold) => perFold[fold], without);
      const others = sumWithout((fold) => index.tokens[fold] - perFold[fold], without);
      const terms = [...hits].map(([key, ofKey]) => {
        const hit = sumWithout((fold) => ofKey[fold], without);
        const holds = sumWithout((fold) => holdsIn(key, fold), without);
        return { key, hit, term: hit / places - (holds - hit) / others };
      });
      const chosen = terms
        .filter(({ hit, term }) => hit >= Math.max(2, WORD_SHARE * places) && term > 0)
        .sort((a, b) => b.term - a.term || a.key - b.key)
        .slice(0, most)
        .map(({ key }) => key);
      if (chosen.length === 0) return undefined;
      return {
        pattern: patternOf(chosen),
        countIn: (fold) => ({
          hits: chosen.reduce((sum, key) => sum + hits.get(key)![fold], 0),
          holds: chosen.reduce((sum, key) => sum + holdsIn(key, fold), 0),
        }),
      };
    },
  };
}
