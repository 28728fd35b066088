/**
 * Quality of autoencoders on held-out texts (paper, Appendix J; names of SAELens and
 * dictionary_learning).
 */

import type { FeatureDictionary } from "../dictionary/dictionary.js";
import { RunError } from "../errors.js";
import { type Edit, type LanguageModel, mlpHookPoint } from "../model/language-model.js";
import type { FloatTensor } from "../runtime/tensor.js";
import { streamActivations } from "./activation-stream.js";
import type { Autoencoder } from "./autoencoder.js";
import { type ReconstructionQuality, ReconstructionSums } from "./reconstruction-sums.js";

/** Quality of an autoencoder on held-out texts. */
export interface AutoencoderQuality extends ReconstructionQuality {
  layer: number;
  dIn: number;
  dSae: number;
  /**
   * Next-token loss in nats per token: of the original model, with reconstructions in place of MLP
   * outputs, with zeros there.
   */
  loss: { original: number; spliced: number; zeroed: number };
  /**
   * (zeroed - spliced) / (zeroed - original): 1 for a perfect reconstruction, 0 for one no better
   * than zeros.
   */
  lossRecovered: number;
}

/** Sizes of batches, and who is told of progress. */
export interface MeasureQualityOptions {
  /** Texts per pass of the model. Default 32. */
  readonly batchTexts?: number;
  /** Maximal tokens read of a text. Default 256. */
  readonly maxTokens?: number;
  readonly signal?: AbortSignal;
  /** Called after each batch with the batches done so far and all batches. */
  onBatch?(done: number, total: number): void;
}

/**
 * Measures autoencoders of a model on held-out texts; memory holds one batch.
 * Each batch needs one pass of the model for activations, one for the original loss, one per layer
 * and one per autoencoder.
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
  if (original.count === 0)
    throw new RunError("quality of autoencoders: expected held-out texts of at least two tokens, received none");
  return autoencoders.map(({ layer, dIn, dSae }, i) => {
    const loss = { original: original.value, spliced: spliced[i].value, zeroed: zeroed.get(layer)!.value };
    const lossRecovered = (loss.zeroed - loss.spliced) / (loss.zeroed - loss.original);
    return { layer, dIn, dSae, ...errors[i].quality(), loss, lossRecovered };
  });
}

function reconstructionAt(layer: number, dictionary: FeatureDictionary): Edit {
  return { at: mlpHookPoint(layer), kind: "replace", dictionary, features: [] };
}

/** A dictionary whose reconstruction is always zero. */
function zeroDictionary(dIn: number): FeatureDictionary {
  const zeros = new Float32Array(dIn);
  return {
    dIn,
    dSae: 1,
    wEnc: zeros,
    bEnc: new Float32Array(1),
    wDec: zeros,
    bDec: zeros,
    applyBDecToInput: false,
    kind: { name: "relu" },
  };
}

/** Mean next-token loss over batches. */
class MeanLoss {
  count = 0;
  private sum = 0;

  /** @param logProbs of the model's `logProbs`: 0 at positions without prediction */
  add({ data }: FloatTensor, rows: readonly (readonly number[])[]): void {
    for (const value of data) this.sum -= value;
    for (const row of rows) this.count += row.length - 1;
  }

  get value(): number {
    return this.sum / this.count;
  }
}
