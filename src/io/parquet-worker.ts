/**
 * The thread that decodes a Parquet file, one slice of rows per request. A decoder that does not
 * return is ended with its thread.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { type AsyncBuffer, type Compressors, type FileMetaData, parquetMetadata, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { messageOf } from "./atomic.js";
import {
  checkPage,
  checkPages,
  checkThrift,
  columnNames,
  type PageClaim,
  ParquetFault,
  type TextChunk,
  textChunks,
} from "./parquet-checks.js";
import { rowsAsJson } from "./parquet-row-groups.js";
import { MOST_CHARACTERS } from "./text-blocks.js";

/** The thread's input. */
export interface ParquetTask {
  path: string;
  /**
   * A text column. With `columns`: columns of any type; the existing ones form rows, which are sent
   * as JSON.
   */
  column: string;
  columns?: readonly string[];
}

/** The thread's messages: the texts of a slice, progress, or the reason why decoding failed. */
export type ParquetReply =
  | { texts: (string | null)[]; done: boolean }
  /** The current step, and the seconds that it may take. */
  | { place: string; seconds: number }
  | { fault: string; help?: string }
  /** The existing columns, when the required one is missing. */
  | { columns: string[] };

/** Rows decoded at a time within a row group; at 2 kB of text each, about 4 MB. */
const ROWS_PER_SLICE = 2048;
/** Seconds allowed for a step, and bytes of a page that allow one further second. */
const STEP_SECONDS = 10;
const BYTES_PER_SECOND = 1 << 20;
/** The footer's length and the magic number at the end of the file. */
const TAIL_BYTES = 8;

const { path, column, columns } = workerData as ParquetTask;
const port = parentPort!;
const say = (reply: ParquetReply): void => port.postMessage(reply);
const utf8 = new TextDecoder("utf-8", { fatal: true });
let place = "the footer";

function readRange(file: number, begin: number, end: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(end - begin);
  for (let done = 0; done < bytes.length; ) {
    const read = readSync(file, bytes, done, bytes.length - done, begin + done);
    if (read === 0) throw new ParquetFault(`ends at byte ${begin + done}, expected ${end}`);
    done += read;
  }
  return bytes;
}

function readFooter(file: number, size: number): FileMetaData {
  if (size < TAIL_BYTES) throw new ParquetFault(`${size} bytes are not a Parquet file`);
  const tail = new DataView(readRange(file, size - TAIL_BYTES, size).buffer);
  const length = tail.getUint32(0, true);
  if (tail.getUint32(4, true) !== 0x31524150)
    throw new ParquetFault("does not end in PAR1: it is cut off, or of another format");
  if (length > size - TAIL_BYTES) throw new ParquetFault(`a footer of ${length} bytes in a file of ${size}`);
  const bytes = readRange(file, size - TAIL_BYTES - length, size);
  checkThrift(bytes.subarray(0, length), 0);
  return parquetMetadata(bytes, { geoparquet: false });
}

/** The decompressors; each checks the uncompressed page before it is decoded. */
function checked(claims: ReadonlyMap<number, PageClaim>): Compressors {
  const entries = Object.entries(compressors as Required<Compressors>).map(([codec, unpack]) => [
    codec,
    (input: Uint8Array, length: number): Uint8Array => {
      const claim = claims.get(input.byteOffset);
      if (!claim) throw new ParquetFault("a page that no header announces");
      if (codec === "SNAPPY" && snappyLength(input) !== length)
        throw new ParquetFault(`a page that unpacks to ${snappyLength(input)} bytes, expected ${length}`);
      const page = unpack(input, length);
      checkPage(page, claim);
      return page;
    },
  ]);
  return Object.fromEntries(entries);
}

/**
 * The uncompressed length that Snappy writes first. Without this check, a shorter output would
 * leave bytes of earlier pages in the buffer.
 */
function snappyLength(input: Uint8Array): number {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    length += (input[i] & 0x7f) * 2 ** (7 * i);
    if (input[i] < 0x80) return length;
  }
  return Number.NaN;
}

function decodeText(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  if (bytes.length > MOST_CHARACTERS) throw new ParquetFault(`a text of ${bytes.length} bytes`);
  try {
    return utf8.decode(bytes);
  } catch {
    throw new ParquetFault(`a text of column ${column} is not UTF-8`);
  }
}

async function* slicesOf(file: number): AsyncGenerator<(string | null)[]> {
  const { size } = fstatSync(file);
  const metadata = readFooter(file, size);
  const names = columnNames(metadata);
  if (!names.includes(column)) return say({ columns: names });
  const chunks = textChunks(metadata, column, size);
  let groupStart = 0;
  for (const [index, chunk] of chunks.entries()) {
    place = `row group ${index + 1} of ${chunks.length}`;
    const bytes = readRange(file, chunk.begin, chunk.end);
    const claims = checkPages(bytes, chunk);
    const seconds = STEP_SECONDS + Math.ceil(largestPage(claims) / BYTES_PER_SECOND);
    const onPage = () => say({ place, seconds });
    onPage();
    const read = {
      file: bufferOf(chunk, bytes, size),
      metadata,
      columns: [column],
      compressors: checked(claims),
      onPage,
    };
    const groupEnd = groupStart + chunk.rows;
    for (let rowStart = groupStart; rowStart < groupEnd; rowStart += ROWS_PER_SLICE) {
      const rowEnd = Math.min(rowStart + ROWS_PER_SLICE, groupEnd);
      const rows = await parquetReadObjects({ ...read, rowStart, rowEnd, parsers: { stringFromBytes: decodeText } });
      const wrong = rows.findIndex((row) => row[column] !== null && typeof row[column] !== "string");
      if (wrong >= 0) throw new ParquetFault(`row ${rowStart + wrong + 1} has no value, or none that is a text`);
      yield rows.map((row) => row[column] as string | null);
    }
    groupStart = groupEnd;
  }
}

async function* rowsOf(file: number, wanted: readonly string[]): AsyncGenerator<string[]> {
  const { size } = fstatSync(file);
  const metadata = readFooter(file, size);
  const names = columnNames(metadata);
  const present = wanted.filter((name) => names.includes(name));
  if (present.length === 0) return say({ columns: names });
  yield* rowsAsJson({
    size,
    metadata,
    columns: present,
    read: (begin, end) => readRange(file, begin, end),
    decodeText,
    onGroup: (number, bytes) => {
      place = `row group ${number} of ${metadata.row_groups.length}`;
      say({ place, seconds: STEP_SECONDS + Math.ceil(bytes / BYTES_PER_SECOND) });
    },
  });
}

function largestPage(claims: ReadonlyMap<number, PageClaim>): number {
  let largest = 0;
  for (const { header } of claims.values()) largest = Math.max(largest, header.uncompressed_page_size);
  return largest;
}

/**
 * The file as the decoder's input. It reads only the chunk of the current row group, which is
 * loaded once for all slices.
 */
function bufferOf(chunk: TextChunk, bytes: Uint8Array<ArrayBuffer>, size: number): AsyncBuffer {
  return {
    byteLength: size,
    slice(begin, end) {
      if (begin !== chunk.begin || end !== chunk.end)
        throw new ParquetFault(`bytes ${begin} to ${end} are not the column's`);
      return bytes.buffer;
    },
  };
}

const file = openSync(path, "r");
const slices = columns ? rowsOf(file, columns) : slicesOf(file);
say({ place, seconds: STEP_SECONDS });
port.on("message", async () => {
  try {
    const { value, done } = await slices.next();
    if (done) closeSync(file);
    say({ texts: value ?? [], done: done === true });
  } catch (error) {
    const { message, help } =
      error instanceof ParquetFault ? error : new ParquetFault(`cannot be decoded: ${messageOf(error)}`);
    say({ fault: `${place}: ${message}`, help });
  }
});
