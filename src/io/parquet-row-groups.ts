/** Rows of a Parquet file with lists and structures, a row group at a time; runs in the thread that decodes. */
import { type AsyncBuffer, type Compressors, type FileMetaData, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { checkUnpacked, ParquetFault } from "./parquet-checks.js";

/** Rows that go to the reader at a time. */
const ROWS_PER_MESSAGE = 256;
/** Rows of a row group beyond which it is not read; writers make groups of at most about a million. */
const MOST_ROWS = 1 << 24;

/** The file as the thread has it. */
export interface RowSource {
  readonly size: number;
  readonly metadata: FileMetaData;
  /** Top-level columns that are read. */
  readonly columns: readonly string[];
  read(begin: number, end: number): Uint8Array<ArrayBuffer>;
  decodeText(bytes: Uint8Array | undefined): string | undefined;
  /** Is told which row group is next, and its bytes. */
  onGroup(number: number, bytes: number): void;
}

/**
 * Rows as JSON texts, some at a time. Sizes of pages are compared with their bytes before they are unpacked; what else a damaged
 * file makes of memory and time, the limits of the thread end.
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

/** JSON has no whole numbers of 64 bits. */
function plainNumber(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}
