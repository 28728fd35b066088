/**
 * Feature activations ("codes") of texts: every token, features of several layers' dictionaries.
 */
import { InternalError } from "../../errors.js";
import { type Edit, type LanguageModel, mlpHookPoint } from "../../model/language-model.js";
import type { FloatTensor } from "../../runtime/tensor.js";

/** The part of a layer's dictionary that encoding needs. */
export interface LayerEncoder {
  readonly layer: number;
  readonly dSae: number;
  /**
   * MLP outputs [rows, dModel] -> feature activations [rows, dSae]. With the identity and dSae =
   * dModel they are the MLP outputs.
   */
  encode(activations: FloatTensor): Promise<FloatTensor>;
}

/** MLP outputs in place of feature activations: the identity. */
export function rawActivations(layer: number, dModel: number): LayerEncoder {
  return { layer, dSae: dModel, encode: (activations) => Promise.resolve(activations) };
}

/** Feature activations of one text. */
export interface TextCodes {
  /** Index of the text among the given ones. */
  text: number;
  tokens: readonly number[];
  /** Per encoder, in their order: [tokens, dSae]. */
  codes: Float32Array[];
}

/** Feature activations of one text at some of its positions. */
export interface CodesAtPositions extends TextCodes {
  /** Ascending. */
  positions: readonly number[];
  /** Per encoder, in their order: [positions, dSae]. */
  codes: Float32Array[];
}

/** Batch size, positions that are read, and edits. */
export interface EncodeTextsOptions {
  /** Texts per forward pass. */
  batchSize: number;
  /**
   * Positions of a text that are read, ascending; tokens after the last are not processed. Default:
   * all.
   */
  positionsOf?: (tokens: readonly number[]) => readonly number[];
  /** See `encodeRows`. */
  edits?: readonly Edit[];
  signal?: AbortSignal;
  /** Called after each batch with the number of texts done and of all texts. */
  onBatch?: (done: number, total: number) => void;
}

/**
 * Feature activations of the tokens of every text, one text at a time; memory holds one batch.
 * Batches contain texts of similar length, so texts come from short to long (ties in the given
 * order); `text` is their index. Texts without positions to read are left out.
 * @param encoders one per layer; the model's MLP outputs are read at `blocks.N.hook_mlp_out`
 * @throws the signal's reason when it is aborted
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
 * Feature activations of one batch of rows, without padding.
 * @param options positions: those of each row that are read, ascending, row by row, default all;
 *   alternatives: tokens at the end of every row that share one position, see `ForwardOptions`;
 *   edits: of MLP outputs. A layer is read before its own edit and after those of lower layers,
 *   which needs one forward pass per edited layer. Default: none, one pass for all layers
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
  // Two encoders, such as a dictionary and the identity, may read the same layer.
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
      throw new InternalError(
        `encoder of layer ${encoder.layer}: expected width ${encoder.dSae}, received [${encoded.dims}]`,
      );
    }
    codes.push(encoded.data);
  }
  return codes;
}

/**
 * Positions of rows, which are right-aligned in [rows, length, width]:
 * [positions of all rows, width].
 */
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
