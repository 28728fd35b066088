/** Dictionaries of which a test needs only the directions. */
import type { GivenDictionary } from "../../src/dictionary/dictionary.js";

/** @param rows the decoder's rows, `dIn` numbers each */
export function dictionaryOf(dIn: number, rows: readonly (readonly number[])[]): GivenDictionary {
  const wDec = Float32Array.from(rows.flat());
  return {
    dIn,
    dSae: rows.length,
    wEnc: new Float32Array(wDec.length),
    bEnc: new Float32Array(rows.length),
    wDec,
    bDec: new Float32Array(dIn),
    applyBDecToInput: false,
  };
}
