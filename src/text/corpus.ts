/** Corpora: the texts of a data set folder or of one file, as a stream. */
import { FormatError } from "../errors.js";
import { readCsv } from "../io/csv.js";
import type { HubOptions } from "../io/hub/hub.js";
import { readJsonl } from "../io/jsonl.js";
import { readParquet } from "../io/parquet.js";
import { type CorpusFile, findCorpusFiles } from "./corpus-files.js";
import { resolveCorpus } from "./resolve-corpus.js";
import { readTextLines } from "./text-lines.js";

export interface CorpusOptions extends HubOptions {
  /** Which split of a folder or data set to read, e.g. `test`. Default `train`. A single file is read whatever its split. */
  split?: string;
  /** Leave out texts of fewer characters (code points). Default 1. "Longer than 200 characters" is 201. */
  minCharacters?: number;
  /** Turn each run of HTML line breaks (`<br /><br />`) into one line break. Default false: texts stay as they are. */
  lineBreaks?: boolean;
  /** End after this many texts. Default: no end but the corpus's. */
  limit?: number;
}

export interface CorpusText {
  text: string;
  /** The class where the corpus has one; in IMDB 0 is negative, 1 positive. */
  label?: number;
  /** Position among all rows of the split, from 0: the same text has the same id whatever is left out. */
  id: number;
}

/**
 * The texts of a corpus in the order of its files, a few at a time in memory. Blank texts are left out.
 *
 * The source is a folder, a file, or the id of a data set on the Hub (`owner/name`, `owner/name@revision`), of which the
 * split's files are downloaded into the Hub's cache. A folder holds a file, or shards, per split: `train.jsonl` or
 * `train-00000-of-00001.parquet`, itself or in its subfolder `plain_text` or `data`, as data sets of the Hub do.
 * Files are `.parquet`, `.jsonl` and `.csv` with a column `text` and perhaps a column `label` (a number), or `.txt` with
 * one text on each line; all but `.parquet` also gzipped (`.jsonl.gz`).
 * @throws ConfigError when the source or the split does not exist (it lists those that do); for a data set as `resolveCorpus`
 * @throws FormatError when a file is damaged, has no column `text`, or a label is not a number
 */
export async function* loadCorpus(source: string, options: CorpusOptions = {}): AsyncGenerator<CorpusText> {
  const { split = "train", minCharacters = 1, lineBreaks = false, limit = Infinity, signal } = options;
  signal?.throwIfAborted();
  let id = 0;
  let count = 0;
  const path = await resolveCorpus(source, [split], options);
  for (const file of await findCorpusFiles(path, split)) {
    if (count >= limit) return;
    let number = 0;
    for await (const row of rowsOf(file)) {
      signal?.throwIfAborted();
      const { text, label } = checkedRow(row, ++number, file.path);
      if (text.trim() !== "" && hasCharacters(text, minCharacters)) {
        yield { text: lineBreaks ? withLineBreaks(text) : text, ...(label !== undefined && { label }), id };
        if (++count >= limit) return;
      }
      id++;
    }
  }
}

/** A row before it is checked. */
type Row = Record<string, unknown>;

function rowsOf({ path, format }: CorpusFile): AsyncIterable<unknown> {
  switch (format) {
    case "parquet":
      return parquetRows(path);
    case "jsonl":
    case "jsonl.gz":
      return readJsonl(path);
    case "csv":
    case "csv.gz":
      return readCsv(path);
    case "txt":
    case "txt.gz":
      return textRows(path);
  }
}

/** Parquet is read by column, and a file without labels has no such column: only then the texts are read alone. */
async function* parquetRows(path: string): AsyncGenerator<Row> {
  const labelled = readParquet(path, ["text", "label"]);
  let first: IteratorResult<Row>;
  try {
    first = await labelled.next();
  } catch (error) {
    // A missing column is found before anything is decoded, so unlike damage it has no cause.
    if (!(error instanceof FormatError) || error.cause !== undefined) throw error;
    yield* readParquet(path, ["text"]);
    return;
  }
  if (!first.done) yield first.value;
  yield* labelled;
}

async function* textRows(path: string): AsyncGenerator<Row> {
  for await (const text of readTextLines(path)) yield { text };
}

/** The text of a row, blank for a missing value (null), and its label where there is one. */
function checkedRow(row: unknown, number: number, path: string): { text: string; label?: number } {
  const columns = typeof row === "object" && row !== null ? (row as Row) : {};
  const text = "text" in columns ? (columns.text ?? "") : undefined;
  if (typeof text !== "string") {
    throw new FormatError(path, `row ${number}: expected a string in column text, received ${typeof text}`, {
      help: `The columns of this row are: ${Object.keys(columns).join(", ") || "none"}.`,
    });
  }
  const { label } = columns;
  if (label === undefined || label === null || label === "") return { text };
  const value = typeof label === "object" ? Number.NaN : Number(label);
  if (!Number.isFinite(value)) {
    throw new FormatError(path, `row ${number}: expected a number in column label, received ${JSON.stringify(label)}`);
  }
  return { text, label: value };
}

function hasCharacters(text: string, count: number): boolean {
  // A character is at most two units, so counting is needed only in between.
  return text.length >= count && (text.length >= 2 * count || [...text].length >= count);
}

function withLineBreaks(text: string): string {
  return text.replace(/ ?(?:<br\s*\/?>\s*)+/gi, "\n");
}
