/** CSV with a header line (RFC 4180), read and written as a stream. */
import { writeFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CsvError, parse } from "csv-parse";
import { parse as parseNow } from "csv-parse/sync";
import { stringify } from "csv-stringify";
import { FormatError } from "../errors.js";
import { messageOf, unreadable, writeAtomically } from "./atomic.js";
import { MOST_CHARACTERS, textBlocks } from "./text-blocks.js";

export interface ReadCsvOptions {
  /**
   * Possible separators of fields; the header decides which one is used. Default: only the comma.
   */
  readonly separators?: readonly string[];
  /** A required column: of several possible separators, the one that yields this column is used. */
  readonly column?: string;
  /** Rows that are read; default all. */
  readonly mostRows?: number;
}

/** A longer header is invalid; this limits how much is read while searching for its end. */
const MOST_HEADER_CHARACTERS = 1 << 20;

/**
 * Row ends, all accepted in every file, since editors and other programs mix them. The longest
 * comes first.
 */
const ROW_ENDS = ["\r\n", "\n", "\r"];

/**
 * The rows of a CSV file as objects from the header's names to texts; a name ending in `.gz` is
 * unzipped.
 * @throws FormatError when the file is missing or not text, the separator cannot be derived from
 *   the header, the header has the required column twice, or a row does not fit the header;
 *   `offset` is the line number, from 1
 */
export async function* readCsv(path: string, options: ReadCsvOptions = {}): AsyncGenerator<Record<string, string>> {
  const blocks = textBlocks(path);
  try {
    const { header, read } = await readHeader(path, blocks);
    const parser = parse({
      columns: true,
      delimiter: separatorOf(path, header, options),
      record_delimiter: ROW_ENDS,
      skip_empty_lines: true,
      max_record_size: MOST_CHARACTERS,
      ...(options.mostRows !== undefined && { to: options.mostRows }),
    });
    const text = async function* () {
      yield read;
      yield* blocks;
    };
    // A read failure destroys the parser with the same error, which the loop below throws.
    pipeline(text, parser).catch(() => {});
    for await (const row of parser) yield row;
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause instanceof FormatError ? cause : unreadable(path, cause);
    const line = typeof cause.lines === "number" ? cause.lines : undefined;
    throw new FormatError(path, `not the CSV that its header announces: ${messageOf(cause)}`, {
      offset: line,
      help: "A field with a separator, a quote or a line break in it must be quoted, and its quotes doubled.",
      cause,
    });
  } finally {
    await blocks.return(undefined);
  }
}

/** The header line, quotes included, and all text read so far. */
async function readHeader(path: string, blocks: AsyncGenerator<string>): Promise<{ header: string; read: string }> {
  let read = "";
  let at = 0;
  let quoted = false;
  for (;;) {
    const { value, done } = await blocks.next();
    read += value ?? "";
    for (; at < read.length; at++) {
      if (read[at] === '"') quoted = !quoted;
      else if (!quoted && (read[at] === "\n" || read[at] === "\r")) {
        const header = read.slice(0, at).trim();
        if (header !== "") return { header, read };
      }
    }
    if (done) return { header: read.trim(), read };
    if (read.length > MOST_HEADER_CHARACTERS)
      throw new FormatError(path, `the header has more than ${MOST_HEADER_CHARACTERS} characters`, { offset: 1 });
  }
}

/** The names in a header with this separator; empty if the header is not valid with it. */
function namesOf(header: string, delimiter: string): string[] {
  try {
    return (parseNow(header, { delimiter, record_delimiter: ROW_ENDS }) as string[][])[0] ?? [];
  } catch {
    return [];
  }
}

/**
 * The separator of the header: the only possible one, or the only one that yields the required
 * column.
 */
function separatorOf(path: string, header: string, { separators = [","], column }: ReadCsvOptions): string {
  const dividing = separators.filter((separator) => namesOf(header, separator).length > 1);
  const giving = dividing.filter((separator) => column !== undefined && namesOf(header, separator).includes(column));
  if (giving.length > 1) {
    const signs = giving.map((separator) => JSON.stringify(separator)).join(" and at ");
    throw new FormatError(path, `the header can be divided at ${signs}`, { offset: 1 });
  }
  const [separator = separators[0]] = giving.length > 0 ? giving : dividing;
  const names = namesOf(header, separator);
  if (column !== undefined && names.filter((name) => name === column).length > 1)
    throw new FormatError(path, `the header has two columns ${column}`, { offset: 1 });
  return separator;
}

export type CsvValue = string | number | boolean | null;

/**
 * Writes rows under a header with the first row's keys, atomically. null becomes an empty field. No
 * rows: an empty file.
 */
export async function writeCsv(
  path: string,
  rows: AsyncIterable<Readonly<Record<string, CsvValue>>> | Iterable<Readonly<Record<string, CsvValue>>>,
): Promise<void> {
  await writeAtomically(path, async (file) => {
    const text = stringify({ header: true, cast: { boolean: String } });
    // A failing row source destroys `text` with its error, which writeFile throws.
    pipeline(Readable.from(rows), text).catch(() => {});
    await writeFile(file, text);
  });
}
