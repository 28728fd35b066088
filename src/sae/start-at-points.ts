/** Initial weights from data: feature directions along single activations. */
import type { Rng } from "../rng.js";
import type { FloatTensor } from "../runtime/tensor.js";
import { normalisedRows } from "./row-norms.js";

/** Share of an initial direction that is random, so that features of equal tokens differ. */
const RANDOM_SHARE = 0.2;

export interface FirstWeights {
  /** [dSae, dIn], rows of norm 1 */
  readonly rows: Float32Array;
  /** [dSae] */
  readonly encoderBias: Float32Array;
  /** [dIn] */
  readonly decoderBias: Float32Array;
}

/**
 * Initial weights with each feature along an activation that is drawn from x, minus their mean: 0.8
 * of that direction plus 0.2 of a random one. The decoder bias is the mean. The encoder bias
 * subtracts it from the input, so pre-activations are products with the centred input.
 * @param x [tokens, dIn]; with fewer tokens than features, the other features get random directions
 */
export function startAtPoints({ dims, data: x }: FloatTensor, dSae: number, rng: Rng): FirstWeights {
  const [tokens, dIn] = dims;
  const mean = new Float64Array(dIn);
  for (let at = 0; at < x.length; at++) mean[at % dIn] += x[at] / tokens;
  const points = rng.sample(tokens, Math.min(tokens, dSae));
  const noise = normalisedRows(
    Float32Array.from({ length: dSae * dIn }, () => rng.normal()),
    dIn,
  );
  const centred = new Float32Array(points.length * dIn);
  points.forEach((token, feature) => {
    for (let i = 0; i < dIn; i++) centred[feature * dIn + i] = x[token * dIn + i] - mean[i];
  });
  const directions = normalisedRows(centred, dIn);
  const mixed = noise.map((value, at) => {
    // NaN if the token equals the mean.
    const direction = directions[at] || 0;
    return (1 - RANDOM_SHARE) * direction + RANDOM_SHARE * value;
  });
  const rows = normalisedRows(mixed, dIn);
  const encoderBias = new Float32Array(dSae);
  for (let feature = 0; feature < dSae; feature++) {
    let product = 0;
    for (let i = 0; i < dIn; i++) product += rows[feature * dIn + i] * mean[i];
    encoderBias[feature] = -product;
  }
  return { rows, encoderBias, decoderBias: Float32Array.from(mean) };
}
