/** How good autoencoders are on held-out texts (paper, Appendix J; names as in SAELens and dictionary_learning). */
import { RunError } from "../errors.js";
import { type Edit, type FeatureDictionary, type LanguageModel, mlpHookPoint } from "../model/language-model.js";
import type { FloatTensor } from "../runtime/tensor.js";
import { streamActivations } from "./activation-stream.js";
import type { Autoencoder } from "./autoencoder.js";

export interface AutoencoderQuality {
  layer: number;
  dIn: number;
  dSae: number;
  /** Held-out tokens. */
  tokens: number;
  /** Mean number of non-zero codes per token: the paper's "true sparsity". */
  l0: number;
  /** Mean squared error divided by the variance of all activation values about their common mean. */
  normalisedMse: number;
  /** 1 - squared error / squared distance of the activations from their mean vector, summed over tokens and dimensions. */
  explainedVariance: number;
  /** Features that no held-out token activated. */
  deadFeatures: number;
  /** Next-token loss in nats per token: untouched, with the reconstruction in place of the MLP's output, with zeros there. */
  loss: { original: number; spliced: number; zeroed: number };
  /** (zeroed - spliced) / (zeroed - original): 1 is a perfect reconstruction, 0 no better than zeros. */
  lossRecovered: number;
}

export interface MeasureQualityOptions {
  /** Texts per pass of the model. Default 32. */
  readonly batchTexts?: number;
  /** Tokens read of a text at most. Default 256. */
  readonly maxTokens?: number;
  readonly signal?: AbortSignal;
  /** Called after each batch with the batches done so far and all batches. */
  onBatch?(done: number, total: number): void;
}

/**
 * Measures autoencoders of a model on held-out texts; memory holds one batch.
 * A batch costs a pass of the model for the activations, one for its own loss, one per layer and one per autoencoder.
 * @param texts token ids, one row per text
 * @returns in the order of the autoencoders
 * @throws RunError when no text has two tokens
 */
export async function measureQuality(
  model: LanguageModel,
  autoencoders: readonly Autoencoder[],
  texts: readonly (readonly number[])[],
  options: MeasureQualityOptions = {},
): Promise<AutoencoderQuality[]> {
  const { onBatch, signal, ...sizes } = options;
  const layers = [...new Set(autoencoders.map(({ layer }) => layer))];
  const stream = streamActivations(model, texts, { layers, signal, ...sizes });
  const errors = autoencoders.map(({ dIn, dSae }) => new ReconstructionSums(dIn, dSae));
  const original = new MeanLoss();
  const zeroed = new Map(layers.map((layer) => [layer, new MeanLoss()]));
  const spliced = autoencoders.map(() => new MeanLoss());
  let done = 0;
  for await (const { texts: rows, activations } of stream) {
    for (const [i, autoencoder] of autoencoders.entries()) {
      const x = activations.get(autoencoder.layer)!;
      const codes = await autoencoder.encode(x);
      errors[i].add(x, codes, await autoencoder.decode(codes));
    }
    const lossInto = async (mean: MeanLoss, edits: readonly Edit[]): Promise<void> =>
      mean.add(await model.logProbs({ inputIds: rows }, { edits, signal }), rows);
    await lossInto(original, []);
    for (const [layer, mean] of zeroed)
      await lossInto(mean, [reconstructionAt(layer, zeroDictionary(model.config.dModel))]);
    for (const [i, autoencoder] of autoencoders.entries())
      await lossInto(spliced[i], [reconstructionAt(autoencoder.layer, autoencoder)]);
    onBatch?.(++done, stream.batchCount);
  }
  if (original.count === 0) throw new RunError("autoencoders cannot be measured: no held-out text has two tokens");
  return autoencoders.map(({ layer, dIn, dSae }, i) => {
    const loss = { original: original.value, spliced: spliced[i].value, zeroed: zeroed.get(layer)!.value };
    const lossRecovered = (loss.zeroed - loss.spliced) / (loss.zeroed - loss.original);
    return { layer, dIn, dSae, ...errors[i].quality(), loss, lossRecovered };
  });
}

function reconstructionAt(layer: number, dictionary: FeatureDictionary): Edit {
  return { at: mlpHookPoint(layer), kind: "replace", dictionary, features: [] };
}

/** A dictionary whose reconstruction of anything is zero. */
function zeroDictionary(dIn: number): FeatureDictionary {
  const zeros = new Float32Array(dIn);
  return { dIn, dSae: 1, wEnc: zeros, bEnc: new Float32Array(1), wDec: zeros, bDec: zeros, applyBDecToInput: false };
}

/** Mean next-token loss over batches. */
class MeanLoss {
  count = 0;
  private sum = 0;

  /** @param logProbs of the model's `logProbs`: 0 where nothing is predicted */
  add({ data }: FloatTensor, rows: readonly (readonly number[])[]): void {
    for (const value of data) this.sum -= value;
    for (const row of rows) this.count += row.length - 1;
  }

  get value(): number {
    return this.sum / this.count;
  }
}

/** Sums over tokens, from which the figures follow. */
class ReconstructionSums {
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

  quality(): Pick<AutoencoderQuality, "tokens" | "l0" | "normalisedMse" | "explainedVariance" | "deadFeatures"> {
    const { tokens, squares, squaredError } = this;
    const values = tokens * this.dIn;
    const total = this.sums.reduce((sum, value) => sum + value, 0);
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
