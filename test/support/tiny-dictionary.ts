/** Dictionaries of random features. */
import type { FeatureDictionary } from "../../src/dictionary/dictionary.js";
import type { DictionaryKind } from "../../src/dictionary/kind.js";
import { Rng } from "../../src/rng.js";
import { normalisedRows } from "../../src/sae/row-norms.js";

/** Ten features with directions of length 1. */
export function tinyDictionary(
  dModel: number,
  { applyBDecToInput = true, seed = 1, kind = { name: "relu" } as DictionaryKind } = {},
): FeatureDictionary {
  const rng = Rng.fromSeed(seed, "dictionary");
  const dSae = 10;
  const draw = (n: number): Float32Array => Float32Array.from({ length: n }, () => 0.4 * rng.normal());
  const wDec = normalisedRows(draw(dSae * dModel), dModel);
  const weights = { wEnc: draw(dModel * dSae), bEnc: draw(dSae), wDec, bDec: draw(dModel) };
  return { dIn: dModel, dSae, ...weights, applyBDecToInput, kind };
}
