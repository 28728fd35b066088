/**
 * JSON Lines: one JSON value per line, read and written as a stream; names ending in `.gz` are
 * gzipped.
 */
import { type FileHandle, mkdir, open, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable, type Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { FormatError } from "../errors.js";
import { messageOf, unreadable, writeAtomically } from "./atomic.js";
import { parseJson } from "./parse-json.js";
import { textLines } from "./text-blocks.js";

export interface ReadJsonlOptions {
  /**
   * Ignore a last line without newline that is not JSON, as left by a run that was killed during
   * `appendJsonl`. Default false: such a line is an error.
   */
  readonly dropTornTail?: boolean;
  /**
   * Read NaN and Infinity, which Python writes but JSON does not allow, as null. Default false:
   * they are errors.
   */
  readonly nanIsNull?: boolean;
}

/**
 * The values of a JSON Lines file in order, one line in memory at a time. Blank lines are skipped.
 * @throws FormatError when the file is missing or not text, or a line is not JSON; `offset` is the
 *   line number, from 1
 */
export async function* readJsonl(path: string, options: ReadJsonlOptions = {}): AsyncGenerator<unknown> {
  let number = 0;
  for await (const { text, ended } of textLines(path)) {
    number++;
    if (text.trim() === "") continue;
    let row: unknown;
    try {
      row = parseJson(text, options);
    } catch (cause) {
      if (options.dropTornTail && !ended) return;
      throw new FormatError(path, `line ${number}: expected one JSON value: ${messageOf(cause)}`, {
        offset: number,
        help: ended ? undefined : "The last line has no newline: the file is perhaps incomplete.",
        cause,
      });
    }
    yield row;
  }
}

/**
 * Writes one line per row, atomically; rows may be computed as they are written. Gzipped when the
 * name ends in `.gz`.
 */
export async function writeJsonl(path: string, rows: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> {
  await writeAtomically(path, async (file) => {
    const text = blocksOfLines(rows);
    await writeFile(file, path.endsWith(".gz") ? through(Readable.from(text), createGzip()) : text);
  });
}

/**
 * Appends one row, an object or array, to a log, which is created if missing. An incomplete last
 * row of a killed run is removed first, so the log always consists of whole lines. Not atomic, not
 * for `.gz`.
 */
export async function appendJsonl(path: string, row: object): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  // Not "a+": on Linux an append-mode handle ignores the position of a write.
  const file = await open(path, "r+").catch((cause) => {
    if (cause.code === "ENOENT") return open(path, "w+");
    throw unreadable(path, cause);
  });
  try {
    const end = await mendTail(file);
    await file.write(`${JSON.stringify(row)}\n`, end);
  } finally {
    await file.close();
  }
}

/**
 * Makes the file end in a newline: adds one after a complete last row, or removes an incomplete
 * one. Returns the file's length.
 */
async function mendTail(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  if (size === 0) return 0;
  const last = Buffer.alloc(1);
  await file.read(last, 0, 1, size - 1);
  if (last[0] === 0x0a) return size;
  const bytes = await file.readFile();
  const start = bytes.lastIndexOf(0x0a) + 1;
  try {
    JSON.parse(bytes.toString("utf8", start));
  } catch {
    await file.truncate(start);
    return start;
  }
  await file.write("\n", size);
  return size + 1;
}

/** The output of `transform`; it fails when the source fails. */
function through(source: Readable, transform: Transform): Transform {
  pipeline(source, transform).catch(() => {});
  return transform;
}

/** Many lines per block, since the cost of a stream is per block, not per byte. */
async function* blocksOfLines(rows: AsyncIterable<unknown> | Iterable<unknown>): AsyncGenerator<string> {
  let block = "";
  for await (const row of rows) {
    block += `${JSON.stringify(row)}\n`;
    if (block.length > 1 << 16) {
      yield block;
      block = "";
    }
  }
  if (block !== "") yield block;
}
