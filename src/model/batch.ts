/** Rows of token ids as the tensors of a forward pass: padding, masks, positions. */
import { RewardscopeError, ShapeError } from "../errors.js";
import type { Tensor } from "../runtime/tensor.js";
import type { ForwardInput, ModelConfig } from "./language-model.js";

/**
 * Added to attention scores at masked positions: far below any score, and twice it is still a
 * finite float.
 */
export const MASKED = -1e9;

/** Advice for a token id outside the vocabulary. */
export const TOKENS_WITHOUT_EMBEDDING =
  "The text has a token that was added to the tokenizer but not to the model, such as one for padding: remove it. Or the tokenizer is that of another model.";

/** A batch of rows of one length. */
export interface TokenBatch {
  readonly batch: number;
  readonly length: number;
  /** [batch, length] */
  readonly ids: Int32Array;
  /** [batch, length], 1 for a token and 0 for padding */
  readonly mask: Uint8Array;
}

/** Tokens of the longest row; 0 without rows. */
export function longestOf(rows: readonly (readonly number[])[]): number {
  return rows.reduce((longest, row) => Math.max(longest, row.length), 0);
}

/**
 * @param alternatives number of last tokens of every row that share one position
 * @throws ShapeError for an empty batch or row, or more alternatives than a row has tokens
 * @throws RewardscopeError INVALID_INPUT for an id outside the vocabulary, or a row longer than the
 *   model's maximal length
 */
export function checkRows(inputIds: readonly (readonly number[])[], config: ModelConfig, alternatives = 1): void {
  if (inputIds.length === 0 || inputIds.some((row) => row.length === 0))
    throw new ShapeError(
      `inputIds: expected rows with at least one token, received ${inputIds.length === 0 ? "no rows" : "an empty row"}`,
      { help: "the beginning of a text is the end-of-text token" },
    );
  if (!(Number.isInteger(alternatives) && alternatives > 0))
    throw new ShapeError(`alternatives: expected a positive integer, received ${alternatives}`);
  if (inputIds.some((row) => row.length < alternatives))
    throw new ShapeError(
      `inputIds: expected rows with at least the ${alternatives} alternatives, received a shorter one`,
    );
  const places = longestOf(inputIds) - alternatives + 1;
  if (places > config.maxPositions)
    throw new RewardscopeError(
      "INVALID_INPUT",
      `a row has ${places} tokens, the model has positions for ${config.maxPositions}`,
      {
        help: "cut the text, or choose a model with more positions",
      },
    );
  for (const row of inputIds)
    for (const id of row)
      if (!Number.isInteger(id) || id < 0 || id >= config.vocabSize)
        throw new RewardscopeError("INVALID_INPUT", `token id ${id} is outside the vocabulary of ${config.vocabSize}`, {
          help: TOKENS_WITHOUT_EMBEDDING,
        });
}

/**
 * Rows of different length as one batch, padded on the left with token 0.
 * @param alternatives number of last tokens of every row that share one position
 * @throws ShapeError for an empty batch or row, or a mask of another shape
 * @throws RewardscopeError INVALID_INPUT for an id outside the vocabulary, a row longer than the
 *   model's maximal length, or mask values other than 0 and 1
 */
export function padLeft({ inputIds, attentionMask }: ForwardInput, config: ModelConfig, alternatives = 1): TokenBatch {
  checkRows(inputIds, config, alternatives);
  const batch = inputIds.length;
  const length = longestOf(inputIds);
  if (attentionMask && attentionMask.length !== batch)
    throw new ShapeError(`attentionMask: expected ${batch} rows, received ${attentionMask.length}`);
  const ids = new Int32Array(batch * length);
  const mask = new Uint8Array(batch * length);
  inputIds.forEach((row, index) => {
    const given = attentionMask?.[index];
    if (given && given.length !== row.length)
      throw new ShapeError(`attentionMask: row ${index} has ${given.length} entries, inputIds has ${row.length}`);
    const start = index * length + length - row.length;
    row.forEach((id, t) => {
      const real = given ? given[t] : 1;
      if (real !== 0 && real !== 1)
        throw new RewardscopeError("INVALID_INPUT", `attentionMask: expected 0 or 1, received ${real}`);
      ids[start + t] = id;
      mask[start + t] = real;
    });
  });
  return { batch, length, ids, mask };
}

/** An int64 tensor of whole numbers. */
export function intTensor(dims: readonly number[], values: ArrayLike<number>): Tensor {
  const data = new BigInt64Array(values.length);
  for (let i = 0; i < data.length; i++) data[i] = BigInt(values[i]);
  return { dims, data };
}

/** [length, keys]: 0 for the keys up to a query's own, which is key `past + query`, and MASKED for later ones. */
export function causalMaskOf(length: number, { past = 0, keys = length } = {}): Float32Array {
  const mask = new Float32Array(length * keys);
  for (let query = 0; query < length; query++) mask.fill(MASKED, query * keys + past + query + 1, (query + 1) * keys);
  return mask;
}

/**
 * The feeds of `passInputs` for a pass over `length` positions after `past` earlier ones in `mask`
 * [batch, keys]; later keys are masked. Positions count only real tokens, as transformers does for
 * padded batches.
 * @param alternatives number of last tokens of every row that share one position and do not attend
 *   to each other
 */
export function passFeeds(
  batch: number,
  length: number,
  ids: Int32Array,
  mask: Uint8Array,
  { past = 0, alternatives = 1 }: { past?: number; alternatives?: number } = {},
): Record<string, Tensor> {
  const keys = mask.length / batch;
  const positions = new Int32Array(batch * length);
  const keyMask = new Float32Array(batch * keys);
  for (let row = 0; row < batch; row++) {
    let seen = 0;
    const first = past + length - alternatives;
    for (let key = 0; key < keys; key++) {
      const real = mask[row * keys + key];
      keyMask[row * keys + key] = real ? 0 : MASKED;
      if (key >= past && key < past + length) positions[row * length + key - past] = real ? seen : 0;
      // Alternatives have the position of the first of them.
      if (key < first) seen += real;
    }
  }
  const causalMask = causalMaskOf(length, { past, keys });
  for (let query = length - alternatives + 1; query < length; query++)
    causalMask.fill(MASKED, query * keys + past + length - alternatives, query * keys + past + query);
  return {
    ids: intTensor([batch, length], ids),
    positions: intTensor([batch, length], positions),
    keyMask: { dims: [batch, keys], data: keyMask },
    causalMask: { dims: [length, keys], data: causalMask },
  };
}

/** Flat indices of the last position of each row in [batch * length, ..]. */
export function lastRows(batch: number, length: number): Tensor {
  return intTensor(
    [batch],
    Array.from({ length: batch }, (_, row) => (row + 1) * length - 1),
  );
}
