/** Corpora: the texts of a data set folder or of one file, as a stream. */
import { FormatError } from "../errors.js";
import { readCsv } from "../io/csv.js";
import { MissingColumn } from "../io/decoding-thread.js";
import type { HubOptions } from "../io/hub/hub.js";
import { readJsonRows } from "../io/json-rows.js";
import { readJsonl } from "../io/jsonl.js";
import { readParquetTexts } from "../io/parquet.js";
import { shownList } from "../io/shown-value.js";
import { textLines } from "../io/text-blocks.js";
import { findCorpusFiles } from "./corpus-files.js";
import type { CorpusFile } from "./corpus-splits.js";
import { resolveCorpus } from "./resolve-corpus.js";

/** Where texts come from and which are left out. */
export interface CorpusOptions extends HubOptions {
  /** The split of a folder or data set, e.g. `test`. Default `train`. Ignored for a single file. */
  split?: string;
  /** The column with the texts, for formats with columns. Default `text`. */
  textColumn?: string;
  /**
   * Minimal number of characters (code points); shorter texts are left out. Default 1. "Longer than
   * 200 characters" is 201.
   */
  minCharacters?: number;
  /**
   * Replace each run of HTML line breaks (`<br /><br />`) by one line break. Default false: texts
   * are unchanged.
   */
  lineBreaks?: boolean;
  /** Maximal number of texts. Default: no limit. */
  limit?: number;
}

/** One text of a corpus. */
export interface CorpusText {
  text: string;
  /** Index among all rows of the split, from 0: independent of which texts are left out. */
  id: number;
}

/**
 * The texts of a corpus in the order of its files, a few at a time in memory. Blank and missing
 * texts are left out.
 *
 * The source is a folder, a file, or the id of a data set on the Hub (`owner/name`,
 * `owner/name@revision`); of a data set, the split's files are downloaded to the Hub's cache. A
 * folder contains a file, shards, or a folder per split (`findSplit`). Formats: the text column of
 * `.parquet`, `.json` (`readJsonRows`), `.jsonl` or `.ndjson`, `.csv` and `.tsv`, or the lines of
 * `.txt`; all but `.parquet` may be gzipped (`.jsonl.gz`). Text is UTF-8, or UTF-16 with a byte
 * order mark.
 * @throws ConfigError when the source or the split does not exist (with the existing ones); for a
 *   data set as `resolveCorpus`
 * @throws FormatError when a file is damaged, in another encoding or a Git LFS pointer, or the
 *   column is missing or not text
 */
export async function* loadCorpus(source: string, options: CorpusOptions = {}): AsyncGenerator<CorpusText> {
  const { split = "train", textColumn, minCharacters = 1, lineBreaks = false, limit = Infinity, signal } = options;
  signal?.throwIfAborted();
  let id = 0;
  let count = 0;
  const path = await resolveCorpus(source, [split], options);
  for (const file of findCorpusFiles(path, split)) {
    if (count >= limit) return;
    for await (const text of textsOf(file, textColumn ?? "text", signal)) {
      signal?.throwIfAborted();
      if (text.trim() !== "" && hasCharacters(text, minCharacters)) {
        yield { text: lineBreaks ? withLineBreaks(text) : text, id };
        if (++count >= limit) return;
      }
      id++;
    }
  }
}

/** The texts of a file; empty for missing ones. */
async function* textsOf({ path, format }: CorpusFile, column: string, signal?: AbortSignal): AsyncGenerator<string> {
  if (format === "txt") {
    for await (const { text } of textLines(path)) yield text;
  } else if (format === "parquet") {
    try {
      for await (const text of readParquetTexts(path, column, signal)) yield text ?? "";
    } catch (error) {
      throw error instanceof MissingColumn ? noColumn(path, column, error.columns) : error;
    }
  } else {
    let number = 0;
    for await (const row of rowsOf(path, format, column)) yield textOf(row, ++number, path, column);
  }
}

function rowsOf(
  path: string,
  format: Exclude<CorpusFile["format"], "parquet" | "txt">,
  column: string,
): AsyncIterable<unknown> {
  if (format === "json") return readJsonRows(path, column);
  if (format === "csv" || format === "tsv") return readCsv(path, { separators: [",", ";", "\t"], column });
  return readJsonl(path, { nanIsNull: true });
}

/** The text of a row; empty for a missing value (null). */
function textOf(row: unknown, number: number, path: string, column: string): string {
  if (typeof row !== "object" || row === null || Array.isArray(row)) {
    const received = row === null ? "null" : Array.isArray(row) ? "a list" : typeof row;
    throw new FormatError(path, `row ${number}: expected an object with a field ${column}, received ${received}`);
  }
  if (!Object.hasOwn(row, column)) throw noColumn(path, column, Object.keys(row), `row ${number}: `);
  const text = (row as Record<string, unknown>)[column] ?? "";
  if (typeof text === "string") return text;
  const received = Array.isArray(text) ? "a list" : typeof text;
  throw new FormatError(path, `row ${number}: expected a text in column ${column}, received ${received}`);
}

/** Names of columns that an error lists. */
const MOST_COLUMNS = 20;

/** A column is never guessed: only the user knows which of `review` and `summary` is meant. */
function noColumn(path: string, column: string, columns: readonly string[], place = ""): FormatError {
  return new FormatError(path, `${place}there is no column ${column}`, {
    help: `Its columns are ${shownList(columns, MOST_COLUMNS) || "none"}. Name the one with the texts: --set corpus.textColumn=NAME (textColumn in a program).`,
  });
}

function hasCharacters(text: string, count: number): boolean {
  // A character has at most two UTF-16 units, so counting is needed only between these limits.
  return text.length >= count && (text.length >= 2 * count || [...text].length >= count);
}

function withLineBreaks(text: string): string {
  return text.replace(/ ?(?:<br\s*\/?>\s*)+/gi, "\n");
}
