/** Fits the levels that a pattern predicts to the activations of the evidence. */
import { activationLevel, HIGHEST_LEVEL } from "../../evidence/activation-level.js";
import type { FeatureEvidence } from "../../evidence/collect-evidence.js";
import type { CorpusIndex } from "./corpus-index.js";
import { AFTER, decidingToken, type FoundPattern, type PatternLevels, placesOf, placesOfAny } from "./pattern.js";

/** Maximal number of words with their own level, and minimal number of their occurrences. */
const MOST_WORDS = 40;
const FEWEST = 2;
/** Pseudo-occurrences at the level of all places, which pull rare words towards it. */
const SMOOTHING = 2;

class Mean {
  sum = 0;
  count = 0;

  add(value: number): void {
    this.sum += value;
    this.count++;
  }

  /** Pulled towards `prior` by `weight` pseudo-observations. */
  towards(prior: number, weight: number): number {
    return this.count + weight > 0 ? (this.sum + weight * prior) / (this.count + weight) : prior;
  }
}

/**
 * Mean levels of the evidence: by word where the pattern holds, at its other places, up to three
 * tokens after the pattern, and elsewhere; scaled to the whole range of 0 to 10, which leaves
 * correlations as they are.
 */
export function fitLevels(
  { of: pattern, also = [] }: Pick<FoundPattern, "of" | "also">,
  evidence: FeatureEvidence,
  rows: CorpusIndex["rows"],
): PatternLevels {
  const { corpus, positions, codes, maxActivation } = evidence;
  const levels = new Uint8Array(corpus.textOf.length);
  for (const [k, position] of positions.entries()) levels[position] = activationLevel(codes[k], maxActivation);
  const holding = new Mean();
  const other = new Mean();
  const otherwise = new Mean();
  const after = Array.from({ length: AFTER }, () => new Mean());
  const byWord = new Map<string, Mean>();
  for (const [text, row] of rows.entries()) {
    const others = placesOfAny(also, row, 0);
    let since = Number.POSITIVE_INFINITY;
    for (const [t, holds] of placesOf(pattern, row, 0).entries()) {
      const level = levels[corpus.offsets[text] + t];
      since = holds ? 0 : since + 1;
      if (!holds) {
        (others[t] ? other : (after[since - 1] ?? otherwise)).add(level);
        continue;
      }
      holding.add(level);
      const { word } = decidingToken(pattern, row, t);
      const ofWord = byWord.get(word) ?? new Mean();
      byWord.set(word, ofWord);
      ofWord.add(level);
    }
  }
  const holds = holding.towards(0, 0);
  const elsewhere = otherwise.towards(0, 0);
  const ofWord = [...byWord]
    .filter(([, { count }]) => count >= FEWEST)
    .sort(([a, m], [b, n]) => n.count - m.count || (a < b ? -1 : 1))
    .slice(0, MOST_WORDS)
    .map(([word, mean]): [string, number] => [word, mean.towards(holds, SMOOTHING)]);
  const later = after.map((mean) => mean.towards(elsewhere, SMOOTHING));
  const alsoHolds = other.towards(elsewhere, SMOOTHING);
  const all = [holds, alsoHolds, elsewhere, ...later, ...ofWord.map(([, level]) => level)];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const scaled = (level: number) => (high > low ? Math.round((HIGHEST_LEVEL * (level - low)) / (high - low)) : 0);
  return {
    holds: scaled(holds),
    ofWord: Object.fromEntries(ofWord.map(([word, level]) => [word, scaled(level)])),
    ...(also.length > 0 && { also: scaled(alsoHolds) }),
    after: later.map(scaled),
    otherwise: scaled(elsewhere),
  };
}
