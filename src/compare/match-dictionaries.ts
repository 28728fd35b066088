/**
 * Matches features of two dictionaries of one layer: mean max cosine similarity and the best
 * matched features.
 */
import type { GivenDictionary } from "../dictionary/dictionary.js";
import { ConfigError, ShapeError } from "../errors.js";
import type { Rng } from "../rng.js";
import { assignment } from "../stats/assignment.js";
import { mean } from "../stats/moments.js";

/**
 * `best`: each feature of the small dictionary with the feature of the large one that has the
 * highest cosine; several may share a partner. `oneToOne`: no partner twice, the pairs with the
 * largest sum of cosines (Hungarian method).
 */
export type Matching = "best" | "oneToOne";

/** For every feature of one dictionary the most similar one of another. */
export interface DictionaryMatch {
  /**
   * Cosine of the small dictionary's features with their partners in the large one, mean over
   * features.
   */
  mmcs: number;
  /** The same for random dictionaries of the same sizes. */
  randomMmcs: number;
  /**
   * Cosine of each of the small dictionary's features with its partner, in the order of its
   * features.
   */
  cosines: number[];
  /** The partner in the large dictionary. */
  partners: number[];
  /** The topK features of the small dictionary with the highest cosine, highest first. */
  top: { feature: number; cosine: number; partner: number }[];
}

/** How features are paired, and the random numbers of the control. */
export interface MatchOptions {
  /** Number of features to explain, 1..small.dSae; the paper has 30. */
  topK: number;
  /** The rule for partners. Default best, as in Eq. 2. */
  matching?: Matching;
  /** Draws the random dictionaries. */
  rng: Rng;
}

/**
 * Mean max cosine similarity (MMCS) of the small dictionary in the large one, and the small
 * dictionary's best matched features. Features are the rows of wDec [dSae, dIn], normalised; a row
 * of zeros has cosine 0 with everything. The control replaces both dictionaries by isotropic
 * Gaussian rows, since MMCS grows with dSae and falls with dIn even if nothing is shared.
 * @throws ShapeError when the dictionaries' dIn differ, or the large one has too few features to
 *   match one to one; ConfigError when topK is out of range
 * @see paper, Eq. 2; Sharkey et al. 2022
 */
export function matchDictionaries(
  small: GivenDictionary,
  large: GivenDictionary,
  { topK, rng, matching = "best" }: MatchOptions,
): DictionaryMatch {
  if (small.dIn !== large.dIn) {
    throw new ShapeError(`matchDictionaries: the small dictionary has dIn ${small.dIn}, the large one ${large.dIn}`, {
      help: "Match dictionaries of the same hook point.",
    });
  }
  if (!Number.isInteger(topK) || topK < 1 || topK > small.dSae) {
    throw new ConfigError("matchDictionaries", [
      {
        path: "features.topK",
        expected: `an integer from 1 to ${small.dSae} (number of features of the small dictionary)`,
        received: String(topK),
      },
    ]);
  }
  if (matching === "oneToOne" && large.dSae < small.dSae) {
    throw new ShapeError(`matchDictionaries: ${small.dSae} features cannot be matched one to one with ${large.dSae}`, {
      help: "Give the larger dictionary second.",
    });
  }
  const { dIn } = small;
  const match = matching === "best" ? bestCosines : assignedCosines;
  const { cosines, partners } = match(unitRows(small.wDec, dIn), unitRows(large.wDec, dIn), dIn);
  const random = match(gaussianRows(small.dSae, dIn, rng), gaussianRows(large.dSae, dIn, rng), dIn);
  const order = cosines.map((_, feature) => feature).sort((a, b) => cosines[b] - cosines[a] || a - b);
  return {
    mmcs: mean(cosines),
    randomMmcs: mean(random.cosines),
    cosines,
    partners,
    top: order.slice(0, topK).map((feature) => ({ feature, cosine: cosines[feature], partner: partners[feature] })),
  };
}

/**
 * For each feature of one dictionary, the nearest feature of another by cosine of decoder
 * directions; the mean cosine is the MMCS.
 * @throws ShapeError when the dictionaries' dIn differ
 */
export function nearestFeatures(
  from: GivenDictionary,
  to: GivenDictionary,
): { readonly mmcs: number; readonly cosines: number[]; readonly partners: number[] } {
  if (from.dIn !== to.dIn)
    throw new ShapeError(`nearestFeatures: one dictionary has dIn ${from.dIn}, the other ${to.dIn}`, {
      help: "Match dictionaries of the same hook point.",
    });
  const found = bestCosines(unitRows(from.wDec, from.dIn), unitRows(to.wDec, to.dIn), from.dIn);
  return { ...found, mmcs: mean(found.cosines) };
}

/** The rows of `matrix` [rows, width] divided by their L2 norm. */
function unitRows(matrix: Float32Array, width: number): Float32Array {
  const unit = new Float32Array(matrix.length);
  for (let start = 0; start < matrix.length; start += width) {
    let sum = 0;
    for (let i = start; i < start + width; i++) sum += matrix[i] ** 2;
    const scale = sum > 0 ? 1 / Math.sqrt(sum) : 0;
    for (let i = start; i < start + width; i++) unit[i] = matrix[i] * scale;
  }
  return unit;
}

function gaussianRows(rows: number, width: number, rng: Rng): Float32Array {
  return unitRows(
    Float32Array.from({ length: rows * width }, () => rng.normal()),
    width,
  );
}

interface Pairs {
  cosines: number[];
  partners: number[];
}

/**
 * For each row of `a` [n, width] the highest dot product with a row of `b` [m, width], m >= 1, and
 * the index of that row.
 */
function bestCosines(a: Float32Array, b: Float32Array, width: number): Pairs {
  const cosines: number[] = [];
  const partners: number[] = [];
  for (let i = 0; i < a.length; i += width) {
    let best = Number.NEGATIVE_INFINITY;
    let partner = 0;
    for (let j = 0; j < b.length; j += width) {
      const cosine = dot(a, i, b, j, width);
      if (cosine > best) {
        best = cosine;
        partner = j / width;
      }
    }
    cosines.push(best);
    partners.push(partner);
  }
  return { cosines, partners };
}

/**
 * For each row of `a` [n, width] a row of `b` [m, width], m >= n, none twice, with the largest sum
 * of dot products.
 */
function assignedCosines(a: Float32Array, b: Float32Array, width: number): Pairs {
  const starts = (rows: Float32Array) => Array.from({ length: rows.length / width }, (_, row) => row * width);
  const cosines = starts(a).map((i) => Float64Array.from(starts(b), (j) => dot(a, i, b, j, width)));
  const partners = [...assignment(cosines, { maximise: true }).columns];
  return { cosines: partners.map((partner, row) => cosines[row][partner]), partners };
}

/** The dot product of `width` elements of a from i and of b from j. */
function dot(a: Float32Array, i: number, b: Float32Array, j: number, width: number): number {
  // Four independent sums use the processor's multipliers in parallel.
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let k = 0;
  for (; k + 3 < width; k += 4) {
    s0 += a[i + k] * b[j + k];
    s1 += a[i + k + 1] * b[j + k + 1];
    s2 += a[i + k + 2] * b[j + k + 2];
    s3 += a[i + k + 3] * b[j + k + 3];
  }
  for (; k < width; k++) s0 += a[i + k] * b[j + k];
  return s0 + s1 + (s2 + s3);
}
