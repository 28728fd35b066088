/** The least-squares decoder for the feature activations of a trained encoder, in closed form. */
import { FeatureDictionary } from "../dictionary/dictionary.js";
import { rowOf } from "../dictionary/kinds.js";
import { RunError } from "../errors.js";
import type { FloatTensor } from "../runtime/tensor.js";
import { choleskySolver } from "../stats/linear/cholesky.js";
import { normalisedRows, rowNorms } from "./row-norms.js";

/** Ridge term, relative to the mean diagonal of the codes' covariance. */
const RIDGE = 1e-4;

/**
 * The method of optimal directions (Engan et al. 1999): the decoder and decoder bias with the least
 * squared error. It corrects the shrinkage of feature activations by sparsity penalties and
 * thresholds. Usage: `add` batches, then call `refitted`. Features change only in scale: decoder
 * rows have norm 1 again, and feature activations are multiplied by the norms. Encoder and decoder
 * are no longer each other's transpose.
 */
export class DecoderRefit {
  private tokens = 0;
  /** Sums of codes^T codes [dSae, dSae], the lower triangle, and of codes^T x [dSae, dIn]. */
  private readonly products: Float64Array;
  private readonly withInputs: Float64Array;
  private readonly codeSums: Float64Array;
  private readonly inputSums: Float64Array;

  constructor(private readonly dictionary: FeatureDictionary) {
    const { dIn, dSae } = dictionary;
    this.products = new Float64Array(dSae * dSae);
    this.withInputs = new Float64Array(dSae * dIn);
    this.codeSums = new Float64Array(dSae);
    this.inputSums = new Float64Array(dIn);
  }

  /** x [tokens, dIn], codes [tokens, dSae] */
  add(x: FloatTensor, codes: FloatTensor): void {
    const { dIn, dSae } = this.dictionary;
    const { products, withInputs, codeSums, inputSums } = this;
    const active = new Int32Array(dSae);
    this.tokens += x.dims[0];
    for (let token = 0; token < x.dims[0]; token++) {
      const input = x.data.subarray(token * dIn, (token + 1) * dIn);
      const ofToken = codes.data.subarray(token * dSae, (token + 1) * dSae);
      let count = 0;
      for (let feature = 0; feature < dSae; feature++) if (ofToken[feature] > 0) active[count++] = feature;
      for (let i = 0; i < dIn; i++) inputSums[i] += input[i];
      for (let a = 0; a < count; a++) {
        const feature = active[a];
        const code = ofToken[feature];
        codeSums[feature] += code;
        for (let b = 0; b <= a; b++) products[feature * dSae + active[b]] += code * ofToken[active[b]];
        const row = feature * dIn;
        for (let i = 0; i < dIn; i++) withInputs[row + i] += code * input[i];
      }
    }
  }

  /**
   * The dictionary with the refitted decoder. A feature that was active on no added token keeps its
   * direction.
   * @throws RunError when the kind does not allow rescaled features, or the codes are not finite
   */
  refitted(): FeatureDictionary {
    const { dictionary, tokens } = this;
    const { dIn, dSae, kind, wEnc, bEnc } = dictionary;
    // Covariances, so that the bias is part of the fit.
    const codeMeans = this.codeSums.map((sum) => sum / tokens);
    const inputMeans = this.inputSums.map((sum) => sum / tokens);
    const covariance = new Float64Array(dSae * dSae);
    let trace = 0;
    for (let row = 0; row < dSae; row++) {
      for (let column = 0; column <= row; column++) {
        const value = this.products[row * dSae + column] / tokens - codeMeans[row] * codeMeans[column];
        covariance[row * dSae + column] = value;
        covariance[column * dSae + row] = value;
      }
      trace += covariance[row * dSae + row];
    }
    for (let row = 0; row < dSae; row++) covariance[row * dSae + row] += (RIDGE * trace) / dSae;
    const solve = choleskySolver(covariance, dSae);
    if (!solve) throw new RunError("refit of a decoder: expected finite codes that vary, received others");
    const decoder = new Float32Array(dSae * dIn);
    for (let i = 0; i < dIn; i++) {
      const right = Float64Array.from(
        { length: dSae },
        (_, row) => this.withInputs[row * dIn + i] / tokens - codeMeans[row] * inputMeans[i],
      );
      solve(right).forEach((value, row) => {
        decoder[row * dIn + i] = value;
      });
    }
    this.codeSums.forEach((sum, row) => {
      if (sum === 0) decoder.set(dictionary.wDec.subarray(row * dIn, (row + 1) * dIn), row * dIn);
    });
    const norms = rowNorms(decoder, dIn);
    const bDec = inputMeans.map((mean, i) => {
      let fitted = 0;
      for (let row = 0; row < dSae; row++) fitted += codeMeans[row] * decoder[row * dIn + i];
      return mean - fitted;
    });
    const rescaled = rowOf(kind).rescaled(kind, norms);
    if (!rescaled)
      throw new RunError(`refit of a decoder: not for dictionaries of kind ${kind.name}`, {
        help: "Features of another scale would change which activations are the largest.",
      });
    return new FeatureDictionary({
      ...{ dIn, dSae, applyBDecToInput: dictionary.applyBDecToInput, kind: rescaled },
      wEnc: wEnc.map((value, at) => value * norms[at % dSae]),
      bEnc: bEnc.map((value, feature) => value * norms[feature]),
      wDec: normalisedRows(decoder, dIn),
      bDec: Float32Array.from(bDec),
    });
  }
}
