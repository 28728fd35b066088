/** Stability of features: whether dictionaries of other seeds have the same features. */
import type { GivenDictionary } from "../dictionary/dictionary.js";
import { InternalError } from "../errors.js";
import type { Rng } from "../rng.js";
import { mean } from "../stats/moments.js";
import { matchDictionaries } from "./match-dictionaries.js";

/** MMCS of two dictionaries, the mean of both directions, and of random ones of their sizes. */
export interface SeedPair {
  first: number;
  second: number;
  mmcs: number;
  randomMmcs: number;
}

/** The stability of the features of one dictionary. */
export interface FoundAgain {
  /** Highest cosine of each feature in each other dictionary: [others][features]. */
  cosines: number[][];
  /** Mean of these over the other dictionaries, [features]. */
  means: number[];
  /** Whether the mean is above the threshold, [features]. */
  stable: boolean[];
}

/** How many features of one seed other seeds find again. */
export interface SeedStability {
  pairs: SeedPair[];
  /** Mean highest cosine of random directions, and the threshold of stability. */
  random: number;
  threshold: number;
  /** One per dictionary, in their order. */
  dictionaries: FoundAgain[];
}

/**
 * Compares dictionaries of one layer that differ by their seeds. A feature is stable when its
 * highest cosine, averaged over the other seeds, is above (1 + r) / 2. r is the mean highest cosine
 * of random directions of the same sizes; the threshold is halfway from chance to identity.
 * @param dictionaries at least two, of one hook point
 * @param rngOf draws the random dictionaries of a pair
 * @throws ShapeError when widths differ; InternalError for fewer than two
 */
export function seedStability(
  dictionaries: readonly GivenDictionary[],
  rngOf: (first: number, second: number) => Rng,
): SeedStability {
  if (dictionaries.length < 2)
    throw new InternalError(
      `stability of features: expected at least two dictionaries, received ${dictionaries.length}`,
    );
  const pairs: SeedPair[] = [];
  const cosines: number[][][] = dictionaries.map(() => []);
  for (let first = 0; first < dictionaries.length; first++)
    for (let second = first + 1; second < dictionaries.length; second++) {
      const options = { topK: 1, rng: rngOf(first, second) };
      const there = matchDictionaries(dictionaries[first], dictionaries[second], options);
      const back = matchDictionaries(dictionaries[second], dictionaries[first], options);
      const both = (a: number, b: number) => (a + b) / 2;
      pairs.push({
        first,
        second,
        mmcs: both(there.mmcs, back.mmcs),
        randomMmcs: both(there.randomMmcs, back.randomMmcs),
      });
      cosines[first].push(there.cosines);
      cosines[second].push(back.cosines);
    }
  const random = mean(pairs.map(({ randomMmcs }) => randomMmcs));
  const threshold = (1 + random) / 2;
  return {
    pairs,
    random,
    threshold,
    dictionaries: cosines.map((ofOthers) => {
      const means = ofOthers[0].map((_, feature) => mean(ofOthers.map((values) => values[feature])));
      return { cosines: ofOthers, means, stable: means.map((value) => value > threshold) };
    }),
  };
}
