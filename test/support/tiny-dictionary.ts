/** Dictionaries of random features. */
import type { FeatureDictionary } from "../../src/dictionary/dictionary.js";
import type { DictionaryKind } from "../../src/dictionary/kind.js";
import { Rng } from "../../src/rng.js";

/** Ten features with directions of length 1. */
export function tinyDictionary(
  dModel: number,
  { applyBDecToInput = true, seed = 1, kind = { name: "relu" } as DictionaryKind } = {},
): FeatureDictionary {
  const rng = Rng.fromSeed(seed, "dictionary");
  const dSae = 10;
  const draw = (n: number): Float32Array => Float32Array.from({ length: n }, () => 0.4 * rng.normal());
  const wDec = draw(dSae * dModel);
  for (let f = 0; f < dSae; f++) {
    const row = wDec.subarray(f * dModel, (f + 1) * dModel);
    const norm = Math.hypot(...row);
    row.forEach((value, i) => {
      row[i] = value / norm;
    });
  }
  const weights = { wEnc: draw(dModel * dSae), bEnc: draw(dSae), wDec, bDec: draw(dModel) };
  return { dIn: dModel, dSae, ...weights, applyBDecToInput, kind };
}
