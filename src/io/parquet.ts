/** Texts and rows of Parquet files, decoded in a thread with limited time and memory. */
import { stat } from "node:fs/promises";
import { FormatError } from "../errors.js";
import { startThread } from "../worker-thread.js";
import { DecodingThread } from "./decoding-thread.js";
import { readHead } from "./file-head.js";
import type { ParquetTask } from "./parquet-worker.js";

/**
 * Limit of the decoder's heap in MiB: the least, the addition per MiB of the file, and the most.
 */
const LEAST_HEAP = 256;
const HEAP_PER_MIB = 16;
const MOST_HEAP = 2048;

/**
 * The texts of a column of a Parquet file, in file order; null for missing ones. Memory holds a
 * slice of 2048 rows and the compressed column of one row group.
 * @param column a top-level text column
 * @param signal stops it immediately
 * @throws MissingColumn when the column does not exist; FormatError when the file is missing or
 *   damaged, the column is not text, a decoding step takes more than 10 seconds (one more per MiB
 *   of a page), or decoding takes more memory than a valid file of this size needs; the signal's
 *   reason when aborted
 */
export function readParquetTexts(path: string, column: string, signal?: AbortSignal): AsyncGenerator<string | null> {
  return decoded({ path, column }, signal);
}

/**
 * The rows of a Parquet file in file order, as objects of the existing ones of the wanted columns;
 * lists and structures as in JSON. Memory holds one row group.
 * @param columns names of top-level columns
 * @param signal stops it immediately
 * @throws as `readParquetTexts`; MissingColumn when none of the columns exists
 */
export async function* readParquetRows(
  path: string,
  columns: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<unknown> {
  for await (const row of decoded({ path, column: columns.join(" or "), columns }, signal))
    yield JSON.parse(row as string);
}

async function* decoded(task: ParquetTask, signal?: AbortSignal): AsyncGenerator<string | null> {
  signal?.throwIfAborted();
  const { path, column } = task;
  const head = await readHead(path);
  if (Buffer.from(head.subarray(0, 4)).toString("latin1") !== "PAR1")
    throw new FormatError(path, "not a Parquet file: it does not begin with PAR1");
  const { size } = await stat(path);
  const heap = Math.min(MOST_HEAP, LEAST_HEAP + HEAP_PER_MIB * Math.ceil(size / 2 ** 20));
  const thread = startThread(new URL("./parquet-worker.js", import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: heap },
  });
  const decoder = new DecodingThread(thread, { path, column, heap, signal });
  try {
    for (let next = decoder.next(); ; ) {
      const { texts, done } = await next;
      if (done) return;
      // The next slice is decoded while the caller processes this one.
      next = decoder.next();
      next.catch(() => {});
      yield* texts;
    }
  } finally {
    await decoder.end();
  }
}
