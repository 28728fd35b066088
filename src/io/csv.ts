/** CSV with a header line (RFC 4180), read and written as a stream. */
import { writeFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CsvError, parse } from "csv-parse";
import { stringify } from "csv-stringify";
import { FormatError } from "../errors.js";
import { messageOf, unreadable, writeAtomically } from "./atomic.js";
import { readBytes } from "./read-bytes.js";

/**
 * The rows of a CSV file as objects from the header's names to texts; a name ending in `.gz` is unzipped.
 * @throws FormatError when the file is missing, or a row does not fit the header; `offset` is the line number, from 1
 */
export async function* readCsv(path: string): AsyncGenerator<Record<string, string>> {
  const parser = parse({ columns: true, bom: true, skip_empty_lines: true });
  // Its failure destroys the parser with the same error, which the loop below meets.
  pipeline(readBytes(path), parser).catch(() => {});
  try {
    for await (const row of parser) yield row;
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw unreadable(path, cause);
    const line = typeof cause.lines === "number" ? cause.lines : undefined;
    throw new FormatError(path, `not the CSV that its header announces: ${messageOf(cause)}`, { offset: line, cause });
  }
}

export type CsvValue = string | number | boolean | null;

/** Writes rows under a header of the first row's keys, atomically. null is an empty field. No rows: an empty file. */
export async function writeCsv(
  path: string,
  rows: AsyncIterable<Readonly<Record<string, CsvValue>>> | Iterable<Readonly<Record<string, CsvValue>>>,
): Promise<void> {
  await writeAtomically(path, async (file) => {
    const text = stringify({ header: true, cast: { boolean: String } });
    // A failing row source destroys `text` with its error, which writeFile meets.
    pipeline(Readable.from(rows), text).catch(() => {});
    await writeFile(file, text);
  });
}
