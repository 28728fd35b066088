/**
 * Checks the sizes and counts that a Parquet file declares against the file's size before anything
 * is decoded: one changed byte can declare billions of values, and the decoder does not check
 * (parquet.apache.org/docs/file-format).
 */
import { type FileMetaData, type PageHeader, parquetSchema } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";

/** A declared size or count that cannot be true. */
export class ParquetFault extends Error {
  constructor(
    message: string,
    readonly help = "The file is perhaps damaged: fetch or write it again.",
  ) {
    super(message);
  }
}

/** Maximal number of values of a page; writers make pages of about 1 MiB. */
const MOST_VALUES = 1 << 24;
/**
 * Maximal size of an uncompressed page in bytes: 512 MiB, and for a small page the most that
 * compression can reach.
 */
const MOST_PAGE_BYTES = 1 << 29;
const SMALL_PAGE_BYTES = 1 << 24;
const MOST_RATIO = 1000;
/** Maximal depth of nested structures; Parquet's own have depth 5. */
const MOST_LEVELS = 16;

/** Whether a field of any type is a whole number from 0 to `most`. */
const isCount = (value: unknown, most: number): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;

/** Types of Thrift's compact protocol (thrift-compact-protocol.md). */
const THRIFT = { stop: 0, yes: 1, no: 2, byte: 3, i16: 4, i32: 5, i64: 6, double: 7, binary: 8, list: 9, struct: 12 };

/**
 * Walks over a Thrift structure without building it.
 * @returns the position of its end
 * @throws ParquetFault when a text, list or number is longer than the remaining bytes
 */
export function checkThrift(bytes: Uint8Array, start: number): number {
  let at = start;
  const byte = (): number => {
    if (at >= bytes.length) throw new ParquetFault("a structure is cut off");
    return bytes[at++];
  };
  const number = (): number => {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      const part = byte();
      value += (part & 0x7f) * 2 ** (7 * i);
      if (part < 0x80) return value;
    }
    throw new ParquetFault("a number has more than 10 bytes");
  };
  const size = (): number => {
    const value = number();
    if (value > bytes.length - at)
      throw new ParquetFault(`a size of ${value} where ${bytes.length - at} bytes are left`);
    return value;
  };
  const binary = (): void => {
    const length = size();
    at += length;
  };
  const element = (type: number, level: number): void => {
    if (type === THRIFT.byte) byte();
    else if (type === THRIFT.i16 || type === THRIFT.i32 || type === THRIFT.i64) number();
    else if (type === THRIFT.double) at += 8;
    else if (type === THRIFT.binary) binary();
    else if (type === THRIFT.list) list(level + 1);
    else if (type === THRIFT.struct) structure(level + 1);
    else if (type !== THRIFT.yes && type !== THRIFT.no) throw new ParquetFault(`a field of the unknown type ${type}`);
  };
  const list = (level: number): void => {
    const head = byte();
    const type = head & 0x0f;
    // The length of a list of 15 or more elements follows the byte with its type.
    const count = head >> 4 === 15 ? size() : head >> 4;
    for (let i = 0; i < count; i++) element(type === THRIFT.yes || type === THRIFT.no ? THRIFT.byte : type, level);
  };
  const structure = (level: number): void => {
    if (level > MOST_LEVELS) throw new ParquetFault(`structures within more than ${MOST_LEVELS} others`);
    for (let head = byte(); (head & 0x0f) !== THRIFT.stop; head = byte()) {
      if (head >> 4 === 0) number();
      element(head & 0x0f, level);
    }
  };
  structure(0);
  return at;
}

/** The position of one row group's column in the file. */
export interface TextChunk {
  rows: number;
  begin: number;
  end: number;
  optional: boolean;
  codec: string;
}

/** Names of the top-level columns. */
export function columnNames(metadata: FileMetaData): string[] {
  return parquetSchema(metadata).children.map(({ element }) => element.name);
}

/**
 * The chunks of a text column, one per row group.
 * @param fileBytes size of the file
 * @throws ParquetFault when there is no such text column, or numbers of the footer contradict each
 *   other or the file's size
 */
export function textChunks(metadata: FileMetaData, column: string, fileBytes: number): TextChunk[] {
  const element = metadata.schema.find(({ name }, i) => i > 0 && name === column);
  if (element?.type !== "BYTE_ARRAY" || element.repetition_type === "REPEATED")
    throw new ParquetFault(
      `column ${column} holds ${element?.type ?? "lists or structures"}, expected texts`,
      `Its columns are ${columnNames(metadata).join(", ")}.`,
    );
  let total = 0;
  const chunks = metadata.row_groups.map((group, index) => {
    const place = `row group ${index + 1} of ${metadata.row_groups.length}`;
    const rows = Number(group.num_rows);
    const found = group.columns.filter(({ meta_data }) => meta_data?.path_in_schema.join(".") === column);
    const chunk = found[0]?.meta_data;
    if (found.length !== 1 || !chunk) throw new ParquetFault(`${place} has ${found.length} columns ${column}`);
    const begin = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
    const end = begin + Number(chunk.total_compressed_size);
    if (!isCount(begin, fileBytes) || !isCount(end, fileBytes - 8) || begin < 4 || begin > end)
      throw new ParquetFault(`${place}: bytes ${begin} to ${end} in a file of ${fileBytes}`);
    if (!isCount(rows, Number.MAX_SAFE_INTEGER) || Number(chunk.num_values) !== rows)
      throw new ParquetFault(`${place}: ${chunk.num_values} values for ${rows} rows`);
    total += rows;
    return { rows, begin, end, optional: element.repetition_type !== "REQUIRED", codec: String(chunk.codec) };
  });
  if (total !== Number(metadata.num_rows))
    throw new ParquetFault(`${metadata.num_rows} rows, but ${total} in its row groups`);
  return chunks;
}

/** Sizes and counts that a page header declares for the uncompressed page. */
export interface PageClaim {
  readonly header: PageHeader;
  readonly optional: boolean;
}

/**
 * Compares the page headers of a chunk with its bytes and its rows.
 * @returns the declared sizes of each page, by the position of its compressed bytes in the chunk
 * @throws ParquetFault
 */
export function checkPages(bytes: Uint8Array, chunk: TextChunk): Map<number, PageClaim> {
  const claims = new Map<number, PageClaim>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let values = 0;
  for (let at = 0; values < chunk.rows; ) {
    const begin = checkThrift(bytes, at);
    const header = parquetHeader({ view, offset: at });
    const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header;
    if (!isCount(packed, bytes.length - begin))
      throw new ParquetFault(`a page of ${packed} bytes where ${bytes.length - begin} are left`);
    checkUnpacked(packed, unpacked, chunk.codec);
    values += checkCounts(header, chunk.rows - values);
    const levels = levelBytes(header, packed);
    const claim = { header, optional: chunk.optional };
    const page = bytes.subarray(begin, begin + packed);
    if (header.type === "DATA_PAGE_V2" && chunk.optional) checkRuns(page.subarray(0, levels), 0, 1, valuesOf(header));
    if (chunk.codec === "UNCOMPRESSED" || header.data_page_header_v2?.is_compressed === false)
      checkPage(page.subarray(levels), claim);
    else claims.set(begin + levels, claim);
    at = begin + packed;
  }
  return claims;
}

/** @throws ParquetFault when the codec cannot compress `unpacked` bytes to `packed` bytes */
export function checkUnpacked(packed: number, unpacked: number, codec?: string): void {
  const most = codec === "UNCOMPRESSED" ? packed : Math.max(SMALL_PAGE_BYTES, MOST_RATIO * packed);
  if (!isCount(unpacked, Math.min(most, MOST_PAGE_BYTES)))
    throw new ParquetFault(`a page that unpacks from ${packed} bytes to ${unpacked}`);
}

function valuesOf(header: PageHeader): number {
  return header.data_page_header?.num_values ?? header.data_page_header_v2?.num_values ?? 0;
}

/** @returns the number of rows of a page, 0 for a dictionary page */
function checkCounts(header: PageHeader, rowsLeft: number): number {
  const { type, dictionary_page_header: dictionary, data_page_header_v2: second } = header;
  if (type === "DICTIONARY_PAGE" && dictionary) {
    // Every text begins with a length of 4 bytes.
    if (!isCount(dictionary.num_values, header.uncompressed_page_size / 4))
      throw new ParquetFault(
        `a dictionary of ${dictionary.num_values} texts in ${header.uncompressed_page_size} bytes`,
      );
    return 0;
  }
  const known = (type === "DATA_PAGE" && header.data_page_header) || (type === "DATA_PAGE_V2" && second);
  const values = valuesOf(header);
  if (!known || !isCount(values, Math.min(rowsLeft, MOST_VALUES)))
    throw new ParquetFault(`a page of ${values} values where ${rowsLeft} rows are left`);
  if (second && (second.num_rows !== values || !isCount(second.num_nulls, values)))
    throw new ParquetFault(`a page of ${values} values, ${second.num_rows} rows and ${second.num_nulls} gaps`);
  return values;
}

/** Bytes of the levels at the beginning of a version 2 data page. */
function levelBytes({ data_page_header_v2: second }: PageHeader, packed: number): number {
  if (!second) return 0;
  const { repetition_levels_byte_length: repetition, definition_levels_byte_length: definition } = second;
  if (repetition !== 0 || !isCount(definition, packed))
    throw new ParquetFault(`levels of ${repetition} and ${definition} bytes in a page of ${packed}`);
  return definition;
}

/**
 * Compares the declared counts of a page with its bytes: runs of equal values must fit into the
 * number of values.
 * @throws ParquetFault
 */
export function checkPage(page: Uint8Array, { header, optional }: PageClaim): void {
  if (header.type === "DICTIONARY_PAGE") return;
  const values = valuesOf(header);
  let at = 0;
  if (header.data_page_header && optional) {
    if (page.length < 4) throw new ParquetFault("a page without its levels");
    const end = 4 + new DataView(page.buffer, page.byteOffset).getUint32(0, true);
    if (end > page.length) throw new ParquetFault(`levels of ${end} bytes in a page of ${page.length}`);
    checkRuns(page.subarray(0, end), 4, 1, values);
    at = end;
  }
  const encoding = header.data_page_header?.encoding ?? header.data_page_header_v2?.encoding;
  if (!encoding?.endsWith("_DICTIONARY") || at >= page.length) return;
  const width = page[at];
  if (width > 32) throw new ParquetFault(`indices of ${width} bits`);
  if (width > 0) checkRuns(page, at + 1, width, values);
}

/** Walks over runs of equal values and bit-packed values until `values` of them are counted. */
function checkRuns(bytes: Uint8Array, start: number, width: number, values: number): void {
  let at = start;
  for (let seen = 0; seen < values && at < bytes.length; ) {
    let head = 0;
    for (let i = 0, part = 0x80; part >= 0x80; i++) {
      part = bytes[at++] ?? 0;
      head += (part & 0x7f) * 2 ** (7 * i);
      if (i === 5) throw new ParquetFault("a run whose length has more than 5 bytes");
    }
    const count = Math.floor(head / 2);
    if (head % 2 === 1) {
      // Bit-packed in groups of eight; the last group may extend beyond the values and the bytes.
      seen += 8 * count;
      at += count * width;
    } else {
      if (count > values - seen) throw new ParquetFault(`a run of ${count} where ${values - seen} values are left`);
      seen += count;
      at += Math.ceil(width / 8);
    }
  }
}
