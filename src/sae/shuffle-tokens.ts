/** Mixes the tokens of many texts, and of several models, into batches of equal size. */
import { Rng } from "../rng.js";
import type { FloatTensor } from "../runtime/tensor.js";
import type { ActivationBatch, ActivationStream } from "./activation-stream.js";

export interface ShuffleOptions {
  /** Minimal number of tokens that are held and mixed at a time. */
  readonly buffer: number;
  /** Approximate number of tokens per batch. */
  readonly batchTokens: number;
  /** Draws the order of tokens. */
  readonly rng: Rng;
}

/** Consecutive batches of each stream whose tokens are mixed. */
interface Chunk {
  /** The first batch, and the number of batches. */
  start: number;
  count: number;
  /** Of all streams together. */
  tokens: number;
}

/**
 * Shuffles tokens. Neighbouring tokens of a text have similar activations, so a batch of tokens of
 * many texts has more information than one of few whole texts. Batches are read until the buffer is
 * full; its tokens are permuted and yielded in equal parts; then the buffer is filled again.
 * Memory: the buffer and one batch of each stream.
 * @param streams of models on the same texts in the same order; their tokens are mixed
 */
export function shuffleTokens(streams: readonly ActivationStream[], options: ShuffleOptions): ActivationStream {
  const { buffer, batchTokens, rng } = options;
  const chunks = chunksOf(
    streams[0].batchTokens().map((tokens) => tokens * streams.length),
    buffer,
  );
  const partsOf = ({ tokens }: Chunk) => Math.max(1, Math.round(tokens / batchTokens));
  const state = rng.state();

  async function* batchesAfter(count: number): AsyncGenerator<ActivationBatch> {
    const order = Rng.restore(state);
    let skipped = count;
    let sources: AsyncIterator<ActivationBatch>[] | undefined;
    for (const chunk of chunks) {
      const permutation = order.permutation(chunk.tokens);
      const parts = partsOf(chunk);
      if (skipped >= parts) {
        skipped -= parts;
        continue;
      }
      sources ??= streams.map((stream) => stream.after(chunk.start)[Symbol.asyncIterator]());
      const held = await read(sources, chunk);
      for (let part = skipped; part < parts; part++) {
        const bounds = [part, part + 1].map((edge) => Math.round((edge * chunk.tokens) / parts));
        const rows = permutation.slice(bounds[0], bounds[1]);
        yield { texts: [], activations: new Map([...held].map(([layer, x]) => [layer, rowsOf(x, rows)])) };
      }
      skipped = 0;
    }
  }
  const sizes = chunks.flatMap((chunk) => {
    const parts = partsOf(chunk);
    const edge = (part: number) => Math.round((part * chunk.tokens) / parts);
    return Array.from({ length: parts }, (_, part) => edge(part + 1) - edge(part));
  });
  return {
    batchCount: sizes.length,
    batchTokens: () => sizes,
    after: batchesAfter,
    [Symbol.asyncIterator]: () => batchesAfter(0),
  };
}

/** A remainder of less than half a buffer is added to the chunk before it. */
function chunksOf(tokensOfBatches: readonly number[], buffer: number): Chunk[] {
  const chunks: Chunk[] = [];
  let chunk: Chunk = { start: 0, count: 0, tokens: 0 };
  for (const tokens of tokensOfBatches) {
    chunk.count++;
    chunk.tokens += tokens;
    if (chunk.tokens < buffer) continue;
    chunks.push(chunk);
    chunk = { start: chunk.start + chunk.count, count: 0, tokens: 0 };
  }
  const last = chunks.at(-1);
  if (chunk.count === 0) return chunks;
  if (!last || chunk.tokens >= buffer / 2) return [...chunks, chunk];
  last.count += chunk.count;
  last.tokens += chunk.tokens;
  return chunks;
}

/** The next batches of all streams, as one matrix [tokens, dIn] per layer. */
async function read(
  sources: readonly AsyncIterator<ActivationBatch>[],
  chunk: Chunk,
): Promise<Map<number, FloatTensor>> {
  const held = new Map<number, FloatTensor>();
  let at = 0;
  for (let batch = 0; batch < chunk.count; batch++)
    for (const source of sources) {
      const { activations }: ActivationBatch = (await source.next()).value;
      let tokens = 0;
      for (const [layer, x] of activations) {
        const width = x.dims[1];
        const whole = held.get(layer) ?? {
          dims: [chunk.tokens, width],
          data: new Float32Array(chunk.tokens * width),
        };
        whole.data.set(x.data, at * width);
        held.set(layer, whole);
        tokens = x.dims[0];
      }
      at += tokens;
    }
  return held;
}

function rowsOf({ dims: [, width], data }: FloatTensor, rows: readonly number[]): FloatTensor {
  const chosen = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    chosen.set(data.subarray(row * width, (row + 1) * width), i * width);
  });
  return { dims: [rows.length, width], data: chosen };
}
