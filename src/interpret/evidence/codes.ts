/** Codes of texts: what the features of several layers' dictionaries do at every token. */
import { InternalError } from "../../errors.js";
import { type Edit, type LanguageModel, mlpHookPoint } from "../../model/language-model.js";
import type { FloatTensor } from "../../runtime/tensor.js";

/** One layer's dictionary, reduced to what reading codes needs. */
export interface LayerEncoder {
  readonly layer: number;
  readonly dSae: number;
  /** MLP outputs [rows, dModel] -> codes [rows, dSae]. The identity with dSae = dModel gives raw activations. */
  encode(activations: FloatTensor): Promise<FloatTensor>;
}

/** Raw activations as codes: the identity on the MLP outputs of a layer. */
export function rawActivations(layer: number, dModel: number): LayerEncoder {
  return { layer, dSae: dModel, encode: (activations) => Promise.resolve(activations) };
}

/** The codes of one text. */
export interface TextCodes {
  /** Index of the text among those that were given. */
  text: number;
  tokens: readonly number[];
  /** Per encoder, in their order: [tokens, dSae]. */
  codes: Float32Array[];
}

/** The codes of one text at some of its positions. */
export interface CodesAtPositions extends TextCodes {
  /** Ascending. */
  positions: readonly number[];
  /** Per encoder, in their order: [positions, dSae]. */
  codes: Float32Array[];
}

export interface EncodeTextsOptions {
  /** Texts per forward pass. */
  batchSize: number;
  /** Which positions of a text are read, ascending; what stands after the last is not. Default: all. */
  positionsOf?: (tokens: readonly number[]) => readonly number[];
  /** See `encodeRows`. */
  edits?: readonly Edit[];
  signal?: AbortSignal;
  /** Called after each batch with the texts done so far and all texts. */
  onBatch?: (done: number, total: number) => void;
}

/**
 * Codes of the tokens of every text, one text at a time; memory holds one batch.
 * Batches are made of texts of similar length, so texts arrive from short to long (ties in the order given), not in
 * the order given; `text` says which. Texts of which nothing is read do not arrive.
 * @param encoders one per layer; the model's MLP outputs are read at `blocks.N.hook_mlp_out`
 * @throws whatever the signal carries when it is aborted
 */
export async function* encodeTexts(
  model: LanguageModel,
  encoders: readonly LayerEncoder[],
  texts: readonly (readonly number[])[],
  { batchSize, positionsOf = (tokens) => [...tokens.keys()], edits, signal, onBatch }: EncodeTextsOptions,
): AsyncGenerator<CodesAtPositions> {
  const positions = texts.map(positionsOf);
  const order = texts.map((_, text) => text).filter((text) => positions[text].length > 0);
  const lengthOf = (text: number) => positions[text][positions[text].length - 1] + 1;
  order.sort((a, b) => lengthOf(a) - lengthOf(b) || a - b);
  for (let start = 0; start < order.length; start += batchSize) {
    const batch = order.slice(start, start + batchSize);
    const rows = batch.map((text) => texts[text].slice(0, lengthOf(text)));
    const read = batch.map((text) => positions[text]);
    const codes = await encodeRows(model, encoders, rows, { positions: read, edits, signal });
    let first = 0;
    for (const text of batch) {
      const last = first + positions[text].length;
      yield {
        text,
        tokens: texts[text],
        positions: positions[text],
        codes: encoders.map(({ dSae }, i) => codes[i].subarray(first * dSae, last * dSae)),
      };
      first = last;
    }
    onBatch?.(start + batch.length, order.length);
  }
}

/**
 * Codes of one batch of rows, padding left out.
 * @param positions of each row that are read, ascending, row after row; default: all
 * @param alternatives tokens at the end of every row that stand in one place, see `ForwardOptions`
 * @param edits of MLP outputs. A layer is read before its own edit, with those of the layers below in force: one forward pass
 *   per edited layer. Default: none, and one pass for all
 * @returns per encoder [positions of all rows, dSae]
 */
export async function encodeRows(
  model: LanguageModel,
  encoders: readonly LayerEncoder[],
  rows: readonly (readonly number[])[],
  {
    positions = rows.map((row) => [...row.keys()]),
    alternatives,
    edits = [],
    signal,
  }: {
    positions?: readonly (readonly number[])[];
    alternatives?: number;
    edits?: readonly Edit[];
    signal?: AbortSignal;
  } = {},
): Promise<Float32Array[]> {
  signal?.throwIfAborted();
  // Two encoders may read one layer, such as a dictionary and the identity.
  const layersRead = [...new Set(encoders.map(({ layer }) => layer))];
  const outputsOf = async (layers: readonly number[], inForce: readonly Edit[]) => {
    const options = { hooks: layers.map(mlpHookPoint), edits: inForce, logits: "none" as const, alternatives, signal };
    return (await model.forward({ inputIds: rows }, options)).hooks;
  };
  const outputs = edits.length === 0 ? await outputsOf(layersRead, []) : {};
  if (edits.length > 0)
    for (const layer of layersRead) {
      const below = new Set(Array.from({ length: layer }, (_, i) => mlpHookPoint(i)));
      const inForce = edits.filter(({ at }) => below.has(at));
      Object.assign(outputs, await outputsOf([layer], inForce));
    }
  const codes: Float32Array[] = [];
  for (const encoder of encoders) {
    const activations = atPositions(outputs[mlpHookPoint(encoder.layer)], rows, positions);
    const encoded = await encoder.encode(activations);
    if (encoded.data.length !== activations.dims[0] * encoder.dSae) {
      throw new InternalError(`encoder of layer ${encoder.layer} gave [${encoded.dims}], not dSae ${encoder.dSae}`);
    }
    codes.push(encoded.data);
  }
  return codes;
}

/** Positions of rows, which stand at the right of [rows, length, width]: [positions of all rows, width]. */
function atPositions(
  { dims: [, length, width], data }: FloatTensor,
  rows: readonly (readonly number[])[],
  positions: readonly (readonly number[])[],
): FloatTensor {
  const count = positions.reduce((sum, { length }) => sum + length, 0);
  const result = new Float32Array(count * width);
  let at = 0;
  for (const [row, read] of positions.entries()) {
    const start = (row + 1) * length - rows[row].length;
    for (const position of read) {
      result.set(data.subarray((start + position) * width, (start + position + 1) * width), at);
      at += width;
    }
  }
  return { dims: [count, width], data: result };
}
