/** The best that a dictionary's directions allow at a sparsity, whatever the encoder: orthogonal matching pursuit. */
import type { FeatureDictionary } from "../../src/dictionary/dictionary.js";
import type { FloatTensor } from "../../src/runtime/tensor.js";
import { choleskySolver } from "../../src/stats/linear/cholesky.js";

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
    for (let step = 0; step < count; step++) {
      const next = nearest(wDec, dIn, dSae, left, chosen);
      if (next < 0) break;
      chosen.push(next);
      left.set(residual(wDec, dIn, chosen, target));
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

/** What the chosen directions leave of the target at best. */
function residual(wDec: Float32Array, dIn: number, chosen: readonly number[], target: Float64Array): Float64Array {
  const n = chosen.length;
  const gram = new Float64Array(n * n);
  const right = new Float64Array(n);
  for (let a = 0; a < n; a++) {
    for (let i = 0; i < dIn; i++) right[a] += wDec[chosen[a] * dIn + i] * target[i];
    for (let b = 0; b <= a; b++)
      for (let i = 0; i < dIn; i++) gram[a * n + b] += wDec[chosen[a] * dIn + i] * wDec[chosen[b] * dIn + i];
  }
  const codes = choleskySolver(gram, n)?.(right);
  if (!codes) throw new Error("orthogonal matching pursuit: chosen directions depend on each other");
  const left = target.slice();
  for (let a = 0; a < n; a++) for (let i = 0; i < dIn; i++) left[i] -= codes[a] * wDec[chosen[a] * dIn + i];
  return left;
}
