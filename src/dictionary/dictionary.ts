/** A dictionary of features: what edits, comparison and interpretation know of a sparse autoencoder. */

/**
 * A dictionary of features as an edit needs it: f = relu((x - bDec if applyBDecToInput) wEnc + bEnc), xHat = f wDec + bDec.
 * wEnc [dIn, dSae], bEnc [dSae], wDec [dSae, dIn] with rows of norm 1, bDec [dIn]. Of a top-k dictionary only the k largest
 * codes of a token count, the others are 0.
 */
export interface FeatureDictionary {
  readonly dIn: number;
  readonly dSae: number;
  readonly wEnc: Float32Array;
  readonly bEnc: Float32Array;
  readonly wDec: Float32Array;
  readonly bDec: Float32Array;
  readonly applyBDecToInput: boolean;
  /** Codes of a token that are kept, 1..dSae. Default: all. */
  readonly k?: number;
}
