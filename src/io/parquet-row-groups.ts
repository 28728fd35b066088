/**
 * Rows of a Parquet file with lists and structures, one row group at a time, in the decoding
 * thread.
 */
import { type AsyncBuffer, type Compressors, type FileMetaData, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { checkUnpacked, ParquetFault } from "./parquet-checks.js";

/** Number of rows per message to the reader. */
const ROWS_PER_MESSAGE = 256;
/** Maximal number of rows of a row group; writers make groups of at most about a million. */
const MOST_ROWS = 1 << 24;

/** Access to the file in the decoding thread. */
export interface RowSource {
  readonly size: number;
  readonly metadata: FileMetaData;
  /** The top-level columns to read. */
  readonly columns: readonly string[];
  read(begin: number, end: number): Uint8Array<ArrayBuffer>;
  decodeText(bytes: Uint8Array | undefined): string | undefined;
  /** Called before each row group, with its size in bytes. */
  onGroup(number: number, bytes: number): void;
}

/**
 * Rows as JSON texts, several at a time. Sizes of pages are compared with their bytes before they
 * are uncompressed. For other damage, the time and memory of the thread are limited.
 * @throws ParquetFault when numbers of the footer contradict each other or the file's size
 */
export async function* rowsAsJson(source: RowSource): AsyncGenerator<string[]> {
  const { size, metadata, columns, decodeText } = source;
  const file: AsyncBuffer = {
    byteLength: size,
    slice(begin, end = size) {
      if (!(begin >= 0 && begin <= end && end <= size))
        throw new ParquetFault(`bytes ${begin} to ${end} in a file of ${size}`);
      return source.read(begin, end).buffer;
    },
  };
  let rowStart = 0;
  for (const [index, { num_rows, total_byte_size }] of metadata.row_groups.entries()) {
    const count = Number(num_rows);
    if (!(count >= 0 && count <= MOST_ROWS)) throw new ParquetFault(`row group ${index + 1} has ${num_rows} rows`);
    source.onGroup(index + 1, Math.min(Number(total_byte_size), 1000 * size));
    const rows = await parquetReadObjects({
      file,
      metadata,
      columns: [...columns],
      compressors: bounded,
      rowStart,
      rowEnd: rowStart + count,
      parsers: { stringFromBytes: decodeText },
    });
    if (rows.length !== count)
      throw new ParquetFault(`row group ${index + 1} has ${rows.length} rows, expected ${count}`);
    for (let at = 0; at < count; at += ROWS_PER_MESSAGE)
      yield rows.slice(at, at + ROWS_PER_MESSAGE).map((row) => JSON.stringify(row, plainNumber));
    rowStart += count;
  }
}

const bounded: Compressors = Object.fromEntries(
  Object.entries(compressors as Required<Compressors>).map(([codec, unpack]) => [
    codec,
    (input: Uint8Array, length: number): Uint8Array => {
      checkUnpacked(input.length, length);
      return unpack(input, length);
    },
  ]),
);

/** JSON has no 64-bit integers. */
function plainNumber(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}
