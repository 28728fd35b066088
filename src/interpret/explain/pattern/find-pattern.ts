/**
 * Finds the pattern of a feature: candidates of every kind, tested on texts they were not made
 * from.
 */
import type { FeatureEvidence } from "../../evidence/collect-evidence.js";
import { type Candidate, candidates } from "./candidates.js";
import { type CorpusIndex, FOLDS } from "./corpus-index.js";
import type { FoundPattern } from "./pattern.js";
import { type StrongPlaces, strongPlaces } from "./strong-places.js";

/** Minimal balanced accuracy of a pattern; chance is 0.5. */
const LEAST_SCORE = 0.75;
/** Minimal ratio of its frequency at the strongest places to that at all tokens. */
const LEAST_LIFT = 3;
/** A simpler pattern is preferred to one that is better by less than this. */
const MARGIN = 0.02;
/** Minimal number of strongest places, and of texts that they come from. */
const FEWEST_PLACES = 8;
const FEWEST_TEXTS = 4;

/** A pattern without its levels. */
export type ScoredPattern = Omit<FoundPattern, "levels">;

/**
 * The pattern that best separates a feature's strongest places from all other tokens, by balanced
 * accuracy over folds of texts. Its words, pieces or topic are chosen on three folds and tested on
 * the fourth. Simpler patterns are preferred within 0.02.
 * @returns undefined if no pattern reaches 0.75 at `strongPlaces` and is three times as frequent
 *   there as elsewhere, or there are fewer than eight such places, or they are in fewer than four
 *   texts
 */
export function findPattern(evidence: FeatureEvidence, index: CorpusIndex): ScoredPattern | undefined {
  for (const strong of strongPlaces(evidence, index)) {
    const best = bestPattern(strong, index);
    if (best) return best;
  }
  return undefined;
}

function bestPattern(strong: StrongPlaces, index: CorpusIndex): ScoredPattern | undefined {
  const texts = new Set(strong.positions.map((position) => index.corpus.textOf[position]));
  if (strong.positions.length < FEWEST_PLACES || texts.size < FEWEST_TEXTS) return undefined;
  const good = candidates(strong, index)
    .flatMap((candidate) => {
      const tested = test(candidate, strong, index);
      return tested === undefined ? [] : [{ complexity: candidate.complexity, tested }];
    })
    .filter(({ tested }) => tested.score >= LEAST_SCORE && tested.covers >= LEAST_LIFT * tested.breadth);
  const best = Math.max(...good.map(({ tested }) => tested.score));
  return good
    .filter(({ tested }) => tested.score >= best - MARGIN)
    .sort((a, b) => a.complexity - b.complexity || b.tested.score - a.tested.score)[0]?.tested;
}

function test({ make }: Candidate, strong: StrongPlaces, index: CorpusIndex): ScoredPattern | undefined {
  const all = make();
  if (all === undefined) return undefined;
  const sum = { hits: 0, holds: 0 };
  for (let fold = 0; fold < FOLDS; fold++) {
    const counts = make(fold)?.countIn(fold);
    sum.hits += counts?.hits ?? 0;
    sum.holds += counts?.holds ?? 0;
  }
  const places = strong.positions.length;
  const tokens = index.corpus.textOf.length;
  const covers = sum.hits / places;
  const score = (covers + 1 - (sum.holds - sum.hits) / Math.max(1, tokens - places)) / 2;
  return {
    of: all.pattern,
    score,
    covers,
    breadth: sum.holds / tokens,
    ...(strong.highestOnly && { highestOnly: true as const }),
  };
}
