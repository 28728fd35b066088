/** First weights from data: features that begin along single activations. */
import type { Rng } from "../rng.js";
import type { FloatTensor } from "../runtime/tensor.js";
import { normalisedRows } from "./row-norms.js";

/** Share of a feature's first direction that is random, so that features of equal tokens differ. */
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
 * Features along activations that are drawn from x, less their mean: 0.8 of that direction and 0.2 of
 * a random one. The decoder's bias is the mean, and the encoder's takes it off the input, so that
 * pre-activations begin as products with what is left.
 * @param x [tokens, dIn]; with fewer tokens than features the others begin in random directions
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
    // NaN for a token that is the mean.
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
