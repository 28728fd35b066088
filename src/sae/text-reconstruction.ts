/**
 * Reconstruction of held-out texts by autoencoders, per text, so that settings can be compared over
 * the same texts.
 */
import { RunError } from "../errors.js";
import type { LanguageModel } from "../model/language-model.js";
import type { FloatTensor } from "../runtime/tensor.js";
import { streamActivations } from "./activation-stream.js";
import type { Autoencoder } from "./autoencoder.js";
import type { MeasureQualityOptions } from "./quality.js";
import { ReconstructionSums } from "./reconstruction-sums.js";

/** Sums over the tokens of one text; those of MLP outputs are also over dimensions. */
export interface TextSums {
  readonly tokens: number;
  /** Number of active features. */
  readonly nonZero: number;
  /** Of reconstruction - MLP output. */
  readonly squaredError: number;
  /** Of the MLP outputs, and of their squares. */
  readonly sum: number;
  readonly squares: number;
}

/** One autoencoder on all texts. */
export interface TextReconstruction {
  readonly dIn: number;
  /** In the same order for all autoencoders that are measured together. */
  readonly texts: readonly TextSums[];
  /** Over all texts, as in `measureQuality`. */
  readonly explainedVariance: number;
  readonly deadFeatures: number;
}

/**
 * Measures autoencoders of a model without inserting them: each batch needs one pass of the model
 * up to the highest layer. Memory holds one batch and five numbers per text and autoencoder.
 * @param texts token ids, one row per text; those without tokens are left out
 * @returns in the order of the autoencoders
 * @throws RunError when no text has a token
 */
export async function measureTexts(
  model: LanguageModel,
  autoencoders: readonly Autoencoder[],
  texts: readonly (readonly number[])[],
  { onBatch, signal, ...sizes }: MeasureQualityOptions = {},
): Promise<TextReconstruction[]> {
  const layers = [...new Set(autoencoders.map(({ layer }) => layer))];
  const stream = streamActivations(model, texts, { layers, signal, ...sizes });
  const measured = autoencoders.map(({ dIn, dSae }) => ({
    texts: [] as TextSums[],
    all: new ReconstructionSums(dIn, dSae),
  }));
  let done = 0;
  for await (const { texts: rows, activations } of stream) {
    for (const [i, autoencoder] of autoencoders.entries()) {
      signal?.throwIfAborted();
      const x = activations.get(autoencoder.layer)!;
      const codes = await autoencoder.encode(x);
      const xHat = await autoencoder.decode(codes);
      measured[i].all.add(x, codes, xHat);
      let start = 0;
      for (const { length } of rows) {
        measured[i].texts.push(sumsOf(x, codes, xHat, start, start + length));
        start += length;
      }
    }
    onBatch?.(++done, stream.batchCount);
  }
  if (done === 0) throw new RunError("reconstruction of texts: expected held-out texts with tokens, received none");
  return measured.map(({ texts, all }, i) => {
    const { explainedVariance, deadFeatures } = all.quality();
    return { dIn: autoencoders[i].dIn, texts, explainedVariance, deadFeatures };
  });
}

function sumsOf(x: FloatTensor, codes: FloatTensor, xHat: FloatTensor, from: number, to: number): TextSums {
  const [dIn, dSae] = [x.dims[1], codes.dims[1]];
  let [sum, squares, squaredError, nonZero] = [0, 0, 0, 0];
  for (let at = from * dIn; at < to * dIn; at++) {
    const value = x.data[at];
    sum += value;
    squares += value * value;
    squaredError += (xHat.data[at] - value) ** 2;
  }
  for (let at = from * dSae; at < to * dSae; at++) if (codes.data[at] > 0) nonZero++;
  return { tokens: to - from, nonZero, squaredError, sum, squares };
}

/** The measures of some texts together; a text may be included several times. */
export interface TextFigures {
  /** Mean number of active features per token. */
  l0: number;
  /** Mean squared error divided by `variance`. */
  normalisedMse: number;
  /** Variance of all MLP output values of these texts about their common mean. */
  variance: number;
}

/**
 * Figures of a reconstruction over some of its texts, from the sums of each, as resampling needs.
 * @param indices of the texts, at least one
 */
export function figuresOf({ dIn, texts }: TextReconstruction, indices: ArrayLike<number>): TextFigures {
  let [tokens, nonZero, squaredError, sum, squares] = [0, 0, 0, 0, 0];
  for (let i = 0; i < indices.length; i++) {
    const text = texts[indices[i]];
    tokens += text.tokens;
    nonZero += text.nonZero;
    squaredError += text.squaredError;
    sum += text.sum;
    squares += text.squares;
  }
  const values = tokens * dIn;
  const aboutMean = squares - sum ** 2 / values;
  return { l0: nonZero / tokens, normalisedMse: squaredError / aboutMean, variance: aboutMean / values };
}
