/** Reconstruction error and sparsity, as sums over batches. */
import type { FloatTensor } from "../runtime/tensor.js";
import { sum } from "../stats/moments.js";

export interface ReconstructionQuality {
  /** Number of held-out tokens. */
  tokens: number;
  /** Mean number of active features per token: the paper's "true sparsity". */
  l0: number;
  /**
   * Mean squared error divided by the variance of all activation values about their common mean.
   */
  normalisedMse: number;
  /**
   * 1 - squared error / squared distance of the activations from their mean vector, summed over
   * tokens and dimensions.
   */
  explainedVariance: number;
  /** Number of features that are active on no held-out token. */
  deadFeatures: number;
}

/** Sums over tokens, from which the quality is computed. */
export class ReconstructionSums {
  private tokens = 0;
  private nonZero = 0;
  private squaredError = 0;
  private squares = 0;
  private readonly sums: Float64Array;
  private readonly active: Uint8Array;

  constructor(
    private readonly dIn: number,
    private readonly dSae: number,
  ) {
    this.sums = new Float64Array(dIn);
    this.active = new Uint8Array(dSae);
  }

  /** x and xHat [tokens, dIn], codes [tokens, dSae] */
  add(x: FloatTensor, codes: FloatTensor, xHat: FloatTensor): void {
    const { dIn, dSae } = this;
    this.tokens += x.dims[0];
    for (let row = 0, at = 0; row < x.dims[0]; row++)
      for (let i = 0; i < dIn; i++, at++) {
        const value = x.data[at];
        this.sums[i] += value;
        this.squares += value * value;
        this.squaredError += (xHat.data[at] - value) ** 2;
      }
    for (let row = 0, at = 0; row < codes.dims[0]; row++)
      for (let feature = 0; feature < dSae; feature++, at++)
        if (codes.data[at] > 0) {
          this.nonZero++;
          this.active[feature] = 1;
        }
  }

  quality(): ReconstructionQuality {
    const { tokens, squares, squaredError } = this;
    const values = tokens * this.dIn;
    const total = sum(this.sums);
    const aboutCommonMean = squares - total ** 2 / values;
    const aboutMeanVector = squares - this.sums.reduce((sum, value) => sum + value ** 2, 0) / tokens;
    return {
      tokens,
      l0: this.nonZero / tokens,
      normalisedMse: squaredError / aboutCommonMean,
      explainedVariance: 1 - squaredError / aboutMeanVector,
      deadFeatures: this.active.reduce((dead, active) => dead - active, this.dSae),
    };
  }
}
