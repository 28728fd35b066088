/**
 * A dictionary of features: the weights of a sparse autoencoder, for edits, comparison and
 * interpretation.
 */
import { ShapeError } from "../errors.js";
import { elementCount, type FloatTensor } from "../runtime/tensor.js";
import type { DictionaryKind } from "./kind.js";
import { kindByK, rowOf } from "./kinds.js";

/** The weights that every kind has. */
export type WeightName = "wEnc" | "bEnc" | "wDec" | "bDec";

/** Sizes of the weights that every kind has. */
export function weightDims({ dIn, dSae }: Pick<FeatureDictionary, "dIn" | "dSae">): Record<WeightName, number[]> {
  return { wEnc: [dIn, dSae], bEnc: [dSae], wDec: [dSae, dIn], bDec: [dIn] };
}

/**
 * A dictionary in the form that a user of the library may give. With `k` it is top-k, regardless of
 * `kind`, so that `{ ...dictionary, k }` works; with neither it is ReLU.
 */
export interface GivenDictionary extends Omit<FeatureDictionary, "kind"> {
  readonly kind?: DictionaryKind;
  readonly k?: number;
}

/** The kind of a given dictionary. */
export function kindOf(given: GivenDictionary): DictionaryKind {
  // An Autoencoder's k is a getter that repeats its kind.
  const inShort = Object.hasOwn(given, "k") ? kindByK(given.k) : undefined;
  return inShort ?? given.kind ?? { name: "relu" };
}

/**
 * A dictionary of features: f = activation((x - bDec if applyBDecToInput) wEnc + bEnc),
 * xHat = f wDec + bDec. The activation is that of the kind. Any object with the same fields may be
 * used instead.
 */
export class FeatureDictionary {
  readonly dIn: number;
  readonly dSae: number;
  /** [dIn, dSae] */
  readonly wEnc: Float32Array;
  /** [dSae] */
  readonly bEnc: Float32Array;
  /** [dSae, dIn], one feature per row, of norm 1 */
  readonly wDec: Float32Array;
  /** [dIn] */
  readonly bDec: Float32Array;
  readonly applyBDecToInput: boolean;
  readonly kind: DictionaryKind;

  /**
   * @throws ShapeError when the weights' sizes do not agree with dIn and dSae, or the kind's
   *   parameters with dSae
   */
  constructor(given: GivenDictionary) {
    this.dIn = given.dIn;
    this.dSae = given.dSae;
    this.wEnc = given.wEnc;
    this.bEnc = given.bEnc;
    this.wDec = given.wDec;
    this.bDec = given.bDec;
    this.applyBDecToInput = given.applyBDecToInput;
    this.kind = kindOf(given);
    for (const [name, { dims, data }] of Object.entries(weightTensors(this)))
      if (data.length !== elementCount(dims))
        throw new ShapeError(
          `${name}: expected ${elementCount(dims)} values for dIn ${this.dIn} and dSae ${this.dSae}, received ${data.length}`,
        );
    const problem = rowOf(this.kind).problem(this.kind, this.dSae);
    if (problem)
      throw new ShapeError(
        `${problem.parameter}: expected ${problem.expected} (number of features), received ${problem.received}`,
      );
  }
}

/** The weights that every kind has, with their sizes. */
export function weightTensors(dictionary: FeatureDictionary): Record<WeightName, FloatTensor> {
  const { wEnc, bEnc, wDec, bDec } = weightDims(dictionary);
  return {
    wEnc: { dims: wEnc, data: dictionary.wEnc },
    bEnc: { dims: bEnc, data: dictionary.bEnc },
    wDec: { dims: wDec, data: dictionary.wDec },
    bDec: { dims: bDec, data: dictionary.bDec },
  };
}
