/**
 * Preference data sets as streams: files and splits as of corpora, rows as of `parsePreference`.
 */
import { ConfigError, FormatError } from "../../errors.js";
import { messageOf } from "../../io/atomic.js";
import type { HubOptions } from "../../io/hub/hub.js";
import { readJsonRows } from "../../io/json-rows.js";
import { readParquetRows } from "../../io/parquet.js";
import { parseJson } from "../../io/parse-json.js";
import { textLines } from "../../io/text-blocks.js";
import { findCorpusFiles } from "../corpus-files.js";
import type { CorpusFile } from "../corpus-splits.js";
import { resolveCorpus } from "../resolve-corpus.js";
import { parsePreference, RowFault } from "./parse-preference.js";
import type { Preference } from "./preference.js";

/** A row that is not a preference. */
export interface BadRow {
  readonly file: string;
  /** Its line in JSON Lines, else its number among the rows; from 1. */
  readonly place: string;
  /** The expected and the received value. */
  readonly problem: string;
}

/** Which rows of preference data are read. */
export interface PreferenceOptions extends HubOptions {
  /** The split of a folder or data set. Default `train`. Ignored for a single file. */
  readonly split?: string;
  /** Maximal number of preferences. Default: no limit. */
  readonly limit?: number;
  /**
   * Called with each bad row, which is left out. Default: an error after the last row lists them.
   */
  onBadRow?(row: BadRow): void;
}

/** Maximal number of bad rows that an error lists; it has the total number too. */
const MOST_LISTED = 20;

/**
 * The preferences of a data set in the order of its files, a few at a time in memory. The source is
 * a folder, a file, or a data set on the Hub, with splits as in `loadCorpus`. Formats: `.parquet`,
 * and `.jsonl`, `.ndjson` and `.json`, optionally gzipped.
 * @throws ConfigError when the source or the split does not exist, or is of another format
 * @throws FormatError when a file is damaged; after the last row when rows are bad, with file, line
 *   and field of each
 */
export async function* loadPreferences(source: string, options: PreferenceOptions = {}): AsyncGenerator<Preference> {
  const { split = "train", limit = Number.POSITIVE_INFINITY, onBadRow, signal } = options;
  const files = findCorpusFiles(await resolveCorpus(source, [split], options), split);
  const listed: BadRow[] = [];
  let bad = 0;
  let count = 0;
  const refuse = (row: BadRow): void => {
    if (onBadRow) onBadRow(row);
    else if (++bad <= MOST_LISTED) listed.push(row);
  };
  for (const file of files) {
    for await (const { place, row, problem } of rowsOf(file, signal)) {
      signal?.throwIfAborted();
      if (count >= limit) break;
      try {
        if (problem !== undefined) throw new RowFault(problem);
        yield parsePreference(row);
        count++;
      } catch (error) {
        if (!(error instanceof RowFault)) throw error;
        refuse({ file: file.path, place, problem: error.message });
      }
    }
  }
  if (bad === 0) return;
  const lines = listed.map(({ file, place, problem }) => `\n  ${file}, ${place}: ${problem}`);
  const more = bad > listed.length ? `\n  and ${bad - listed.length} more` : "";
  throw new FormatError(source, `${bad} rows are no preferences${lines.join("")}${more}`, {
    help: "A row has prompt, chosen and rejected (or chosen and rejected that begin with the prompt), or prompt, completion and label.",
  });
}

interface Row {
  readonly place: string;
  readonly row?: unknown;
  /** The reason why there is no row. */
  readonly problem?: string;
}

/** Columns of preferences. */
const COLUMNS = ["prompt", "chosen", "rejected", "completion", "label", "score_chosen", "score_rejected"];

function rowsOf({ path, format }: CorpusFile, signal?: AbortSignal): AsyncGenerator<Row> {
  if (format === "parquet") return numbered(readParquetRows(path, COLUMNS, signal));
  if (format === "json") return numbered(readJsonRows(path, "chosen"));
  if (format === "jsonl" || format === "ndjson") return linesOf(path);
  throw new ConfigError("preferences", [
    {
      path: "source",
      expected: "files that end in .parquet, .jsonl, .ndjson or .json, the last three perhaps with .gz",
      received: path,
    },
  ]);
}

async function* numbered(rows: AsyncIterable<unknown>): AsyncGenerator<Row> {
  let number = 0;
  for await (const row of rows) yield { place: `row ${++number}`, row };
}

/** A line that is not JSON is a bad row; the others are still read. */
async function* linesOf(path: string): AsyncGenerator<Row> {
  let number = 0;
  for await (const { text } of textLines(path)) {
    const place = `line ${++number}`;
    if (text.trim() === "") continue;
    let row: unknown;
    try {
      row = parseJson(text, { nanIsNull: true });
    } catch (error) {
      yield { place, problem: `expected one JSON value: ${messageOf(error)}` };
      continue;
    }
    yield { place, row };
  }
}
