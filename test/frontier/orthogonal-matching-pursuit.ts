/** The best that a dictionary's directions allow at a sparsity, whatever the encoder: orthogonal matching pursuit. */
import type { FeatureDictionary } from "../../src/dictionary/dictionary.js";
import type { FloatTensor } from "../../src/runtime/tensor.js";

/**
 * Explained variance when each token is reconstructed from `count` directions that are chosen for it,
 * one after the other by the largest product with what is left, all refitted by least squares after
 * each choice (Pati et al. 1993). Codes may be negative.
 * @param x [tokens, dIn]
 */
export function pursuedVariance({ dIn, dSae, wDec, bDec }: FeatureDictionary, x: FloatTensor, count: number): number {
  const tokens = x.dims[0];
  const mean = new Float64Array(dIn);
  for (let at = 0; at < tokens * dIn; at++) mean[at % dIn] += x.data[at] / tokens;
  let [error, total] = [0, 0];
  for (let token = 0; token < tokens; token++) {
    const target = Float64Array.from({ length: dIn }, (_, i) => x.data[token * dIn + i] - bDec[i]);
    for (let i = 0; i < dIn; i++) total += (x.data[token * dIn + i] - mean[i]) ** 2;
    const left = target.slice();
    const chosen: number[] = [];
    // Orthonormal, with the span of the chosen directions: what it takes off is the least squares fit.
    const basis: Float64Array[] = [];
    for (let step = 0; step < count; step++) {
      const next = nearest(wDec, dIn, dSae, left, chosen);
      if (next < 0) break;
      chosen.push(next);
      basis.push(newAxis(wDec.subarray(next * dIn, (next + 1) * dIn), basis));
      takeOff(left, basis[step]);
    }
    for (const value of left) error += value * value;
  }
  return 1 - error / total;
}

/** The direction, not yet chosen, with the largest product in size; -1 if nothing is left. */
function nearest(wDec: Float32Array, dIn: number, dSae: number, left: Float64Array, chosen: readonly number[]): number {
  let [best, found] = [1e-9, -1];
  for (let feature = 0; feature < dSae; feature++) {
    let product = 0;
    for (let i = 0; i < dIn; i++) product += wDec[feature * dIn + i] * left[i];
    if (Math.abs(product) <= best || chosen.includes(feature)) continue;
    best = Math.abs(product);
    found = feature;
  }
  return found;
}

/** Of unit length, orthogonal to the others, and with them spanning the direction. */
function newAxis(direction: Float32Array, others: readonly Float64Array[]): Float64Array {
  const axis = Float64Array.from(direction);
  // Twice, since once leaves rounding of nearly parallel directions.
  for (let pass = 0; pass < 2; pass++) for (const other of others) takeOff(axis, other);
  const length = Math.sqrt(product(axis, axis));
  if (length < 1e-9) throw new Error("orthogonal matching pursuit: chosen directions depend on each other");
  return axis.map((value) => value / length);
}

function product(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
}

function takeOff(vector: Float64Array, axis: Float64Array): void {
  const along = product(vector, axis);
  for (let i = 0; i < vector.length; i++) vector[i] -= along * axis[i];
}
