/** Batches of responses as inputs of the engine, and per-token results split by response. */
import { intTensor } from "../model/batch.js";
import type { ModelConfig } from "../model/language-model.js";
import { packTexts } from "../model/packed-batch.js";
import type { FloatTensor, Tensor } from "../runtime/tensor.js";

/** A batch of responses as input of the engine. */
interface ResponseFeeds {
  readonly feeds: Record<string, Tensor>;
  readonly lengths: readonly number[];
}

/**
 * Feeds of a pass over query + response; every response token has a row, at the position before it,
 * which predicts it.
 */
export function responseFeeds(
  config: ModelConfig,
  queries: readonly (readonly number[])[],
  responses: readonly (readonly number[])[],
): ResponseFeeds {
  const texts = queries.map((query, i) => [...query, ...responses[i]]);
  const packed = packTexts(texts, config);
  const rows = responses.flatMap((response, i) => response.map((_, t) => packed.starts[i] + queries[i].length + t - 1));
  return {
    feeds: {
      ...packed.feeds,
      rows: intTensor([rows.length], rows),
      targets: intTensor([rows.length], responses.flat()),
    },
    lengths: responses.map((response) => response.length),
  };
}

/** [rows] split into one array per response. */
export function splitRows(data: ArrayLike<number>, lengths: readonly number[]): Float64Array[] {
  let start = 0;
  return lengths.map((length) => {
    start += length;
    return Float64Array.from({ length }, (_, t) => data[start - length + t]);
  });
}

/** One array per response as [rows]. */
export function joinRows(rows: readonly Float64Array[]): FloatTensor {
  const data = Float32Array.from(rows.flatMap((row) => [...row]));
  return { dims: [data.length], data };
}
