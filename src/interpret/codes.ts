/** Codes of texts: what the features of several layers' dictionaries do at every token. */
import { InternalError } from "../errors.js";
import { type Edit, type LanguageModel, mlpHookPoint } from "../model/language-model.js";
import type { FloatTensor } from "../runtime/tensor.js";
import { withoutPadding } from "../sae/activation-stream.js";

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

export interface EncodeTextsOptions {
  /** Texts per forward pass. */
  batchSize: number;
  /** See `encodeRows`. */
  edits?: readonly Edit[];
  signal?: AbortSignal;
  /** Called after each batch with the texts done so far and all texts. */
  onBatch?: (done: number, total: number) => void;
}

/**
 * Codes of every token of every text, one text at a time; memory holds one batch.
 * Batches are made of texts of similar length, so texts arrive from short to long (ties in the order given), not in
 * the order given; `text` says which. Texts without tokens do not arrive.
 * @param encoders one per layer; the model's MLP outputs are read at `blocks.N.hook_mlp_out`
 * @throws whatever the signal carries when it is aborted
 */
export async function* encodeTexts(
  model: LanguageModel,
  encoders: readonly LayerEncoder[],
  texts: readonly (readonly number[])[],
  { batchSize, edits, signal, onBatch }: EncodeTextsOptions,
): AsyncGenerator<TextCodes> {
  const order = texts.map((_, text) => text).filter((text) => texts[text].length > 0);
  order.sort((a, b) => texts[a].length - texts[b].length || a - b);
  for (let start = 0; start < order.length; start += batchSize) {
    const batch = order.slice(start, start + batchSize);
    const rows = batch.map((text) => texts[text]);
    const codes = await encodeRows(model, encoders, rows, { positions: "all", edits, signal });
    let first = 0;
    for (const text of batch) {
      const last = first + texts[text].length;
      yield {
        text,
        tokens: texts[text],
        codes: encoders.map(({ dSae }, i) => codes[i].subarray(first * dSae, last * dSae)),
      };
      first = last;
    }
    onBatch?.(start + batch.length, order.length);
  }
}

/**
 * Codes of one batch of rows, padding left out.
 * @param positions `all`: every token of every row, row after row; `last`: the last token of each row
 * @param edits of MLP outputs. A layer is read before its own edit, with those of the layers below in force: one forward pass
 *   per edited layer. Default: none, and one pass for all
 * @returns per encoder [tokens, dSae]
 */
export async function encodeRows(
  model: LanguageModel,
  encoders: readonly LayerEncoder[],
  rows: readonly (readonly number[])[],
  { positions, edits = [], signal }: { positions: "all" | "last"; edits?: readonly Edit[]; signal?: AbortSignal },
): Promise<Float32Array[]> {
  signal?.throwIfAborted();
  // Two encoders may read one layer, such as a dictionary and the identity.
  const layersRead = [...new Set(encoders.map(({ layer }) => layer))];
  const outputsOf = async (layers: readonly number[], inForce: readonly Edit[]) => {
    const options = { hooks: layers.map(mlpHookPoint), edits: inForce, logits: "none" as const, signal };
    return (await model.forward({ inputIds: rows }, options)).hooks;
  };
  const outputs = edits.length === 0 ? await outputsOf(layersRead, []) : {};
  if (edits.length > 0)
    for (const layer of layersRead) {
      const below = new Set(Array.from({ length: layer }, (_, i) => mlpHookPoint(i)));
      const inForce = edits.filter(({ at }) => below.has(at));
      Object.assign(outputs, await outputsOf([layer], inForce));
    }
  const kept = rows.map((row) => (positions === "last" ? 1 : row.length));
  const codes: Float32Array[] = [];
  for (const encoder of encoders) {
    const activations = withoutPadding(outputs[mlpHookPoint(encoder.layer)], kept);
    const encoded = await encoder.encode(activations);
    if (encoded.data.length !== activations.dims[0] * encoder.dSae) {
      throw new InternalError(`encoder of layer ${encoder.layer} gave [${encoded.dims}], not dSae ${encoder.dSae}`);
    }
    codes.push(encoded.data);
  }
  return codes;
}
