/**
 * Streams MLP outputs of many texts in batches: one pass of the model per batch serves all readers.
 */
import { type ForwardResult, type LanguageModel, mlpHookPoint } from "../model/language-model.js";
import { Rng } from "../rng.js";
import type { FloatTensor } from "../runtime/tensor.js";
import { sum } from "../stats/moments.js";
import type { ActivationFile } from "./activation-file.js";

/** Batches per window of texts sorted by length: enough to avoid most of the padding. */
const WINDOW_BATCHES = 16;

/**
 * Texts in one pass of the model: with more, intermediate values exceed the processor's caches, and
 * padding grows.
 */
const TEXTS_PER_PASS = 8;

/** The activations of one batch of texts, or of tokens of many texts. */
export interface ActivationBatch {
  /** Token ids of the texts, truncated to maxTokens; empty if tokens of many texts are mixed. */
  readonly texts: readonly (readonly number[])[];
  /** Layer -> [tokens, dModel]: all tokens of all texts in order, without padding. */
  readonly activations: ReadonlyMap<number, FloatTensor>;
}

/** Batches in a fixed order, the same in every iteration. */
export interface ActivationStream extends AsyncIterable<ActivationBatch> {
  /** Batches of the whole stream. */
  readonly batchCount: number;
  /** Tokens of each batch; computing them needs no pass of the model. */
  batchTokens(): readonly number[];
  /** The batches after the first `count`; the skipped ones need no pass of the model. */
  after(count: number): AsyncIterable<ActivationBatch>;
}

/** Which activations are read, and in which portions. */
export interface ActivationStreamOptions {
  /** Numbers of the blocks whose MLP outputs are read. */
  readonly layers: readonly number[];
  /** Texts per batch. Default 32 (paper, section 4.2). */
  readonly batchTexts?: number;
  /** Maximal tokens read of a text. Default 256. */
  readonly maxTokens?: number;
  /** Passes over the texts. Default 1. */
  readonly epochs?: number;
  /**
   * Draws a new order for each epoch. Without it, texts are only sorted by length within windows.
   */
  readonly rng?: Rng;
  /**
   * Where activations of these texts and layers are kept between epochs, and between streams with the
   * same `batchTexts` and state of `rng`.
   */
  readonly file?: ActivationFile;
  readonly signal?: AbortSignal;
}

/**
 * Streams MLP outputs of texts through one pass of the model per batch; memory holds one batch. With a
 * file the model reads each text once, in the batch that it has in the first epoch.
 * Order of an epoch: the texts are shuffled and split into windows of 16 batches; within a window,
 * texts of similar length form a batch, which avoids padding; then all batches of the epoch are
 * shuffled. Texts without tokens are left out.
 * @param texts token ids, one row per text
 */
export function streamActivations(
  model: LanguageModel,
  texts: readonly (readonly number[])[],
  options: ActivationStreamOptions,
): ActivationStream {
  const { layers, batchTexts = 32, maxTokens = 256, epochs = 1, rng, file, signal } = options;
  const hooks = layers.map(mlpHookPoint);
  const used = texts.flatMap((text, i) => (text.length > 0 ? [i] : []));
  const batchesPerEpoch = Math.ceil(used.length / batchTexts);
  const lengthOf = (text: number): number => Math.min(texts[text].length, maxTokens);
  const initialState = rng?.state();

  function* everyEpoch(): Generator<number[][]> {
    const stream = initialState && Rng.restore(initialState);
    for (let epoch = 0; epoch < epochs; epoch++) yield epochBatches(used, lengthOf, batchTexts, stream);
  }

  /** Layer -> [tokens of the texts, dModel], by passes of the model. */
  async function readTexts(batch: readonly number[]): Promise<Map<number, FloatTensor>> {
    const rows = batch.map((text) => texts[text].slice(0, maxTokens));
    const passes: ForwardResult["hooks"][] = [];
    for (let start = 0; start < rows.length; start += TEXTS_PER_PASS) {
      const inputIds = rows.slice(start, start + TEXTS_PER_PASS);
      passes.push((await model.forward({ inputIds }, { hooks, logits: "none", signal })).hooks);
    }
    const lengths = batch.map(lengthOf);
    const joined = (hook: string): FloatTensor =>
      withoutPadding(
        passes.map((pass) => pass[hook]),
        lengths,
      );
    return new Map(layers.map((layer, i) => [layer, joined(hooks[i])]));
  }

  // What a pass gives a text depends in its last digits on the texts beside it, so these are always the same.
  const [firstEpoch = []] = file ? everyEpoch() : [];
  const batchOf = new Map(firstEpoch.flatMap((batch) => batch.map((text) => [text, batch] as const)));
  async function fromFile(batch: readonly number[], kept: ActivationFile): Promise<Map<number, FloatTensor>> {
    for (const text of batch) {
      const together = batchOf.get(text)!;
      if (!kept.has(text)) await kept.add(together, await readTexts(together));
    }
    return kept.read(batch);
  }

  async function* batchesAfter(count: number): AsyncGenerator<ActivationBatch> {
    let epoch = -1;
    for (const batches of everyEpoch()) {
      epoch++;
      for (const batch of batches.slice(Math.max(0, count - epoch * batchesPerEpoch))) {
        signal?.throwIfAborted();
        const activations = await (file ? fromFile(batch, file) : readTexts(batch));
        yield { texts: batch.map((text) => texts[text].slice(0, maxTokens)), activations };
      }
    }
  }
  return {
    batchCount: epochs * batchesPerEpoch,
    batchTokens: () => [...everyEpoch()].flatMap((batches) => batches.map((batch) => sum(batch.map(lengthOf)))),
    after: batchesAfter,
    [Symbol.asyncIterator]: () => batchesAfter(0),
  };
}

/** The batches of one epoch, as indices of texts. */
function epochBatches(
  texts: readonly number[],
  lengthOf: (text: number) => number,
  batchTexts: number,
  rng: Rng | undefined,
): number[][] {
  const order = rng ? rng.shuffle([...texts]) : texts;
  const batches: number[][] = [];
  for (let start = 0; start < order.length; start += WINDOW_BATCHES * batchTexts) {
    const window = order.slice(start, start + WINDOW_BATCHES * batchTexts);
    window.sort((a, b) => lengthOf(a) - lengthOf(b));
    for (let first = 0; first < window.length; first += batchTexts)
      batches.push(window.slice(first, first + batchTexts));
  }
  return rng ? rng.shuffle(batches) : batches;
}

/**
 * The last `lengths[row]` positions of each row of passes [rows, length, width], since padding is
 * on the left: [tokens, width].
 */
function withoutPadding(passes: readonly FloatTensor[], lengths: readonly number[]): FloatTensor {
  const width = passes[0].dims[2];
  const tokens = sum(lengths);
  const result = new Float32Array(tokens * width);
  let [at, text] = [0, 0];
  for (const { dims, data } of passes)
    for (let row = 1; row <= dims[0]; row++) {
      const count = lengths[text++] * width;
      const end = row * dims[1] * width;
      result.set(data.subarray(end - count, end), at);
      at += count;
    }
  return { dims: [tokens, width], data: result };
}
