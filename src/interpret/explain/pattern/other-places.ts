/** Words and word classes at which a feature is active besides the places of its pattern. */
import type { FeatureEvidence } from "../../evidence/collect-evidence.js";
import { EXCERPT_TOKENS, Stretches } from "../../evidence/excerpts.js";
import { type TokenInRow, tokenClasses } from "../../words/token-classes.js";
import type { CorpusIndex } from "./corpus-index.js";
import { type Pattern, placesOf } from "./pattern.js";

/** Maximal number of words and classes, as many as a reader takes in. */
const MOST = 6;
/** Minimal number of places of a word or class at which the feature is active. */
const FEWEST_ACTIVE = 4;
/** Minimal ratio of the feature's density there to its density at all tokens. */
const LEAST_LIFT = 2;

/** A word or class: the positions of its tokens, and the stretches that they are in, each once. */
interface Place {
  pattern: Pattern;
  positions: readonly number[];
  stretches: readonly number[];
}

/**
 * Chooses, for a feature whose pattern is known, the words and word classes that tell best on which
 * further stretches of eight tokens it is active. A pattern describes the strongest places; a
 * feature is active at others too, on average less, and an explanation that is silent about them
 * predicts no activation there.
 */
export class OtherPlaces {
  private readonly places: Place[];
  /** Tokens of the stretches, and where in its text each starts; in the order of `Stretches`. */
  private readonly stretches: { row: readonly TokenInRow[]; start: number }[] = [];
  /** The stretch of each position, -1 in the rest of a text. */
  private readonly stretchOf: Int32Array;

  constructor(index: CorpusIndex) {
    const { offsets, textOf } = index.corpus;
    this.stretchOf = new Int32Array(textOf.length).fill(-1);
    for (const [text, row] of index.rows.entries())
      for (let start = 0; start + EXCERPT_TOKENS <= row.length; start += EXCERPT_TOKENS) {
        const first = offsets[text] + start;
        this.stretchOf.fill(this.stretches.length, first, first + EXCERPT_TOKENS);
        this.stretches.push({ row: row.slice(start, start + EXCERPT_TOKENS), start });
      }
    const byClass = tokenClasses.map((name, c) =>
      this.place({ kind: "class", at: 0, class: name }, indicesOf(index.classes[c])),
    );
    const byWord = index.names.map((word, key) =>
      this.place({ kind: "words", at: 0, words: [word] }, index.placesOf(key)),
    );
    // Words first: of a word and a class that tell the same, the word is the simpler name.
    this.places = [...byWord, ...byClass].filter(({ positions }) => positions.length >= FEWEST_ACTIVE);
  }

  /**
   * Adds one word or class at a time: the one that raises the balanced accuracy over stretches most,
   * as long as the gain is above its standard error. Only words and classes count at which the
   * feature is active twice as often as elsewhere.
   * @returns at most six classes and words, the words in one pattern; empty if there is none
   */
  of(evidence: FeatureEvidence, pattern: Pattern): Pattern[] {
    const active = Array.from(new Stretches(evidence, EXCERPT_TOKENS).peaks, (peak) => peak > 0);
    const firing = active.filter(Boolean).length;
    const silent = active.length - firing;
    if (firing === 0 || silent === 0) return [];
    const activeAt = new Uint8Array(this.stretchOf.length);
    for (const position of evidence.positions) activeAt[position] = 1;
    const candidates = this.places.filter(({ positions }) => {
      const hits = positions.reduce((sum, position) => sum + activeAt[position], 0);
      return hits >= FEWEST_ACTIVE && hits >= LEAST_LIFT * evidence.density * positions.length;
    });
    const told = this.stretches.map(({ row, start }) => placesOf(pattern, row, start).includes(true));
    /** Gain of balanced accuracy, less its standard error (counts are taken as Poisson). */
    const gain = ({ stretches }: Place): number => {
      let hits = 0;
      let errors = 0;
      for (const stretch of stretches) {
        if (told[stretch]) continue;
        if (active[stretch]) hits++;
        else errors++;
      }
      return hits / firing - errors / silent - Math.sqrt(hits / firing ** 2 + errors / silent ** 2);
    };
    const chosen: Place[] = [];
    while (chosen.length < MOST) {
      let [best, most] = [undefined as Place | undefined, 0];
      for (const place of candidates) {
        const gained = gain(place);
        if (gained > most) [best, most] = [place, gained];
      }
      if (best === undefined) break;
      chosen.push(best);
      for (const stretch of best.stretches) told[stretch] = true;
    }
    return merged(chosen.map(({ pattern }) => pattern));
  }

  private place(pattern: Pattern, positions: readonly number[]): Place {
    const stretches = new Set(positions.map((position) => this.stretchOf[position]));
    stretches.delete(-1);
    return { pattern, positions, stretches: [...stretches] };
  }
}

/** Classes in their order, then all words as one pattern. */
function merged(patterns: readonly Pattern[]): Pattern[] {
  const classes = patterns.filter(({ kind }) => kind === "class");
  const words = patterns.flatMap((pattern) => (pattern.kind === "words" ? pattern.words : []));
  return words.length > 0 ? [...classes, { kind: "words", at: 0, words }] : classes;
}

function indicesOf(flags: Uint8Array): number[] {
  return [...flags.keys()].filter((i) => flags[i] === 1);
}
