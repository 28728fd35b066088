/** Association of features with the sentiment of tokens: a permutation test over whole texts. */
import { mean } from "../../stats/moments.js";
import type { FeatureEvidence } from "../evidence/collect-evidence.js";
import { type AssociationOptions, correlation, textPermutations, withoutTexts } from "./text-permutations.js";

export interface SentimentAssociation {
  /**
   * Pearson correlation of activation with valence or |valence| over all tokens, the stronger of
   * the two; 0 if undefined.
   */
  association: number;
  /** Share of positive words in the activation on lexicon words; 0.5 without such activation. */
  positiveShare: number;
  /** Of the association with valence or |valence|. At least 1 / (permutations + 1). */
  pValue: number;
}

export interface SentimentOptions extends AssociationOptions {
  /** Valence of every token of the corpus, 0 outside the lexicon, [tokens]. */
  valences: Float32Array;
}

/**
 * Tests each feature for association with the valence of the tokens on which it is active.
 * There are two statistics per feature. The sum of activation x centred valence is two-sided; the
 * valence is centred over lexicon tokens and 0 elsewhere, so that a feature without activation on
 * lexicon words scores 0. The sum of activation x |valence| is one-sided, since a feature that
 * avoids lexicon words is not about sentiment.
 * Null hypothesis and units: see `textPermutations`.
 * Both statistics are standardised over all arrangements, including the observed one. The larger is
 * compared with its own permutation distribution (max-T), so that one p-value covers both. All
 * features see the same permutations. Memory: 16 bytes per feature and permutation.
 * @param features of one corpus
 * @returns one entry per feature, in order
 */
export async function sentimentAssociation(
  features: readonly FeatureEvidence[],
  { valences, excluded, ...options }: SentimentOptions,
): Promise<SentimentAssociation[]> {
  if (features.length === 0) return [];
  const centred = centreWords(valences);
  const sizes = valences.map(Math.abs);
  const tested = features.map((evidence, i) => withoutTexts(evidence, excluded[i]));
  const arrangements = options.permutations + 1;
  const signed = tested.map(() => new Float64Array(arrangements));
  const absolute = tested.map(() => new Float64Array(arrangements));
  const centredNow = new Float32Array(valences.length);
  const sizesNow = new Float32Array(valences.length);
  let b = 0;
  for await (const source of textPermutations(features[0].corpus, options)) {
    for (let position = 0; position < source.length; position++) {
      centredNow[position] = centred[source[position]];
      sizesNow[position] = sizes[source[position]];
    }
    for (const [i, { positions, codes }] of tested.entries()) {
      let s = 0;
      let a = 0;
      for (let k = 0; k < positions.length; k++) {
        s += codes[k] * centredNow[positions[k]];
        a += codes[k] * sizesNow[positions[k]];
      }
      signed[i][b] = s;
      absolute[i][b] = a;
    }
    b++;
  }
  return features.map((evidence, i) => {
    const z = standardise(signed[i]).map(Math.abs);
    const zAbsolute = standardise(absolute[i]);
    const largest = z.map((value, b) => Math.max(value, zAbsolute[b]));
    // Ties count as "at least as large"; the margin treats sums that differ only by rounding as
    // ties.
    const atLeast = largest.filter((value) => value >= largest[0] - 1e-9).length;
    const withValence = correlation(evidence, valences);
    const withSize = correlation(evidence, sizes);
    return {
      association: Math.abs(withValence) >= Math.abs(withSize) ? withValence : withSize,
      positiveShare: positiveShare(evidence, valences),
      pValue: atLeast / arrangements,
    };
  });
}

function centreWords(valences: Float32Array): Float32Array {
  const inLexicon = valences.filter((valence) => valence !== 0);
  const centre = inLexicon.length > 0 ? mean(inLexicon) : 0;
  return valences.map((valence) => (valence === 0 ? 0 : valence - centre));
}

function standardise(values: Float64Array): Float64Array {
  const centre = mean(values);
  const deviation = Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
  // Rounding must not give a constant statistic a variance.
  if (deviation <= 1e-12 * Math.max(1, Math.abs(centre))) return new Float64Array(values.length);
  return values.map((value) => (value - centre) / deviation);
}

function positiveShare({ positions, codes }: FeatureEvidence, valences: Float32Array): number {
  let positive = 0;
  let all = 0;
  for (let k = 0; k < codes.length; k++) {
    const valence = valences[positions[k]];
    if (valence > 0) positive += codes[k];
    if (valence !== 0) all += codes[k];
  }
  return all > 0 ? positive / all : 0.5;
}
