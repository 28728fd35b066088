/** Differences of shared features between two models on the same texts, and their attributions. */
import type { EngineModel } from "../../../model/architectures/architecture.js";
import { contrastBatches } from "../contrast-batches.js";
import type { TextPair } from "../text-pairs.js";
import { ExchangeBatch, type ReadLayer, type SharedDictionary } from "./exchange.js";

/** A feature of one of the dictionaries. */
export interface FeaturePlace {
  /** Index of the dictionary. */
  readonly dictionary: number;
  readonly feature: number;
}

/**
 * Statistics over all tokens of both texts of all pairs; features of all dictionaries, in order.
 */
export interface FeatureChanges {
  readonly places: readonly FeaturePlace[];
  /**
   * Sum of (f(tuned) - f(base)) d . gradient of the contrast by the MLP output, with the mean of
   * both models' gradients: the first-order effect of the feature's change, in nats per pair.
   */
  readonly attribution: Float64Array;
  /** Mean of |f(tuned) - f(base)| |d| over tokens. */
  readonly size: Float64Array;
  /** Share of the tokens of both models on which the feature is active. */
  readonly frequency: Float64Array;
  /** Mean of the tuned minus the base model's MLP output over tokens, per dictionary [dModel]. */
  readonly meanDifferences: readonly Float32Array[];
}

export interface ReadingOptions {
  readonly signal?: AbortSignal;
  /** Called after each batch with its number of pairs. */
  onPairs?(pairs: number): void;
}

/** Reads both models, one forward and one backward pass each. Memory holds four pairs of texts. */
export async function featureChanges(
  base: EngineModel,
  tuned: EngineModel,
  dictionaries: readonly SharedDictionary[],
  pairs: readonly TextPair[],
  { signal, onPairs }: ReadingOptions = {},
): Promise<FeatureChanges> {
  const places = dictionaries.flatMap(({ dictionary: { dSae } }, dictionary) =>
    Array.from({ length: dSae }, (_, feature): FeaturePlace => ({ dictionary, feature })),
  );
  const starts = dictionaries.map((_, index) => places.findIndex(({ dictionary }) => dictionary === index));
  const sums = {
    attribution: new Float64Array(places.length),
    size: new Float64Array(places.length),
    frequency: new Float64Array(places.length),
  };
  const differences = dictionaries.map(({ dictionary }) => new Float64Array(dictionary.dIn));
  let tokens = 0;
  for (const own of contrastBatches(pairs, base.config.vocabSize)) {
    const batch = new ExchangeBatch(dictionaries, own, base.config, signal);
    const [ofBase, ofTuned] = [await batch.read(base), await batch.read(tuned)];
    const { mask } = batch;
    tokens += mask.reduce((sum, real) => sum + real, 0);
    for (const [index, { dictionary }] of dictionaries.entries()) {
      addFeatures(sums, starts[index], dictionary, mask, ofBase[index], ofTuned[index]);
      addDifference(differences[index], mask, ofBase[index], ofTuned[index]);
    }
    onPairs?.(own.length);
  }
  return {
    places,
    attribution: sums.attribution.map((value) => value / pairs.length),
    size: sums.size.map((value) => value / tokens),
    frequency: sums.frequency.map((value) => value / (2 * tokens)),
    meanDifferences: differences.map((sum) => Float32Array.from(sum, (value) => value / tokens)),
  };
}

type Sums = Pick<FeatureChanges, "attribution" | "size" | "frequency">;

function addFeatures(
  { attribution, size, frequency }: Sums,
  first: number,
  { dIn, dSae, wDec }: SharedDictionary["dictionary"],
  mask: Uint8Array,
  base: ReadLayer,
  tuned: ReadLayer,
): void {
  const norms = Float64Array.from({ length: dSae }, (_, f) => Math.hypot(...wDec.subarray(f * dIn, (f + 1) * dIn)));
  for (const [token, real] of mask.entries()) {
    if (!real) continue;
    for (let f = 0; f < dSae; f++) {
      const [before, after] = [base.codes[token * dSae + f], tuned.codes[token * dSae + f]];
      if (before === 0 && after === 0) continue;
      frequency[first + f] += (before === 0 ? 0 : 1) + (after === 0 ? 0 : 1);
      const change = after - before;
      size[first + f] += Math.abs(change) * norms[f];
      let slope = 0;
      for (let i = 0; i < dIn; i++)
        slope += wDec[f * dIn + i] * (base.gradient.data[token * dIn + i] + tuned.gradient.data[token * dIn + i]);
      attribution[first + f] += (change * slope) / 2;
    }
  }
}

function addDifference(sum: Float64Array, mask: Uint8Array, base: ReadLayer, tuned: ReadLayer): void {
  const width = sum.length;
  for (const [token, real] of mask.entries())
    if (real)
      for (let i = 0; i < width; i++)
        sum[i] += tuned.outputs.data[token * width + i] - base.outputs.data[token * width + i];
}
