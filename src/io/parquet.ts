/** Parquet files, row by row, without ever holding more than one row group's compressed columns and one slice of rows. */
import { type FileHandle, open } from "node:fs/promises";
import { type AsyncBuffer, parquetMetadataAsync, parquetReadObjects, parquetSchema } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { FormatError } from "../errors.js";
import { messageOf, unreadable } from "./atomic.js";

/** Rows decoded at a time within a row group; at 2 kB of text each, about 4 MB. */
const ROWS_PER_SLICE = 2048;

/**
 * The rows of a Parquet file with the named top-level columns, in file order.
 * Texts are strings, 64-bit integers bigint, missing values null or undefined.
 * @throws FormatError when the file is missing or damaged, or a column does not exist (the message lists those that do)
 */
export async function* readParquet(path: string, columns: readonly string[]): AsyncGenerator<Record<string, unknown>> {
  const handle = await open(path).catch((cause) => {
    throw unreadable(path, cause);
  });
  try {
    const chunks = new Map<string, Promise<ArrayBuffer>>();
    const file = await bufferOf(handle, chunks);
    const metadata = await decoded(path, () => parquetMetadataAsync(file));
    checkColumns(
      path,
      columns,
      parquetSchema(metadata).children.map((child) => child.element.name),
    );
    let groupStart = 0;
    for (const group of metadata.row_groups) {
      chunks.clear();
      const groupEnd = groupStart + Number(group.num_rows);
      for (let rowStart = groupStart; rowStart < groupEnd; rowStart += ROWS_PER_SLICE) {
        const rowEnd = Math.min(rowStart + ROWS_PER_SLICE, groupEnd);
        const read = { file, metadata, columns: [...columns], rowStart, rowEnd, compressors };
        yield* await decoded(path, () => parquetReadObjects(read));
      }
      groupStart = groupEnd;
    }
  } finally {
    await handle.close();
  }
}

/** Reads of the file, kept in `chunks`: every slice of a row group asks for the same column chunks. */
async function bufferOf(handle: FileHandle, chunks: Map<string, Promise<ArrayBuffer>>): Promise<AsyncBuffer> {
  const { size } = await handle.stat();
  return {
    byteLength: size,
    slice(start, end = size) {
      const key = `${start}:${end}`;
      const chunk = chunks.get(key) ?? readRange(handle, start, end);
      chunks.set(key, chunk);
      return chunk;
    },
  };
}

async function readRange(handle: FileHandle, start: number, end: number): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(end - start);
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, start + done);
    if (bytesRead === 0) throw new Error(`ends at byte ${start + done}, expected ${end}`);
    done += bytesRead;
  }
  return bytes.buffer;
}

function checkColumns(path: string, columns: readonly string[], existing: readonly string[]): void {
  const missing = columns.filter((column) => !existing.includes(column));
  if (missing.length === 0) return;
  throw new FormatError(path, `no column ${missing.join(", ")}`, { help: `Its columns are ${existing.join(", ")}.` });
}

async function decoded<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new FormatError(path, `not a readable Parquet file: ${messageOf(cause)}`, { cause });
  }
}
