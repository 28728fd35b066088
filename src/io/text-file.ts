/** Small text files written by users, read whole. */
import { constants, readFileSync, type Stats, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { FormatError } from "../errors.js";
import { unreadable } from "./atomic.js";

/**
 * A file's text, without a byte order mark.
 * @param mostBytes larger files are rejected without being read
 * @throws FormatError when it is missing, not a regular file, too large, or not UTF-8 text
 */
export async function readTextFile(path: string, mostBytes: number): Promise<string> {
  const bytes = await readWhole(path, mostBytes).catch((cause) => {
    throw cause instanceof FormatError ? cause : unreadable(path, cause);
  });
  return textOf(path, bytes);
}

/**
 * A file's text, read synchronously.
 * @throws FormatError as `readTextFile`
 */
export function readTextFileNow(path: string, mostBytes: number): string {
  let bytes: Uint8Array;
  try {
    const stats = statSync(path);
    if (!stats.isFile()) throw notFile(path, stats);
    if (stats.size > mostBytes) throw tooLarge(path, mostBytes, stats.size);
    bytes = readFileSync(path);
  } catch (cause) {
    throw cause instanceof FormatError ? cause : unreadable(path, cause);
  }
  return textOf(path, bytes);
}

/** @throws FormatError when the bytes are not UTF-8 text */
function textOf(path: string, bytes: Uint8Array): string {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    throw new FormatError(path, "expected text in UTF-8, received UTF-16", {
      help: `iconv -f UTF-16 -t UTF-8 ${path}`,
    });
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError(path, "expected text in UTF-8, received other bytes", { cause });
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they only occur in binary files.
  const at = text.search(/[\0-\x08\x0e-\x1a\x1c-\x1f]/);
  if (at < 0) return text;
  const line = text.slice(0, at).split("\n").length;
  const code = text.charCodeAt(at).toString(16).toUpperCase().padStart(4, "0");
  throw new FormatError(path, `line ${line}: expected text, received the control character U+${code}`, {
    offset: line,
  });
}

async function readWhole(path: string, mostBytes: number): Promise<Uint8Array> {
  // Without O_NONBLOCK, opening a pipe without a writer would block.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw notFile(path, stats);
    const buffer = Buffer.alloc(mostBytes + 1);
    let size = 0;
    for (let read = 1; read > 0 && size <= mostBytes; size += read)
      read = (await file.read(buffer, size, buffer.length - size, size)).bytesRead;
    if (size <= mostBytes) return buffer.subarray(0, size);
    throw tooLarge(path, mostBytes, Math.max(stats.size, size));
  } finally {
    await file.close();
  }
}

function notFile(path: string, stats: Stats): FormatError {
  const kind = stats.isDirectory() ? "a folder" : stats.isFIFO() || stats.isSocket() ? "a pipe" : "a device";
  return new FormatError(path, `expected a file, received ${kind}`);
}

function tooLarge(path: string, mostBytes: number, bytes: number): FormatError {
  const [most, received] = [mostBytes, bytes].map((count) => count.toLocaleString("en-US"));
  return new FormatError(path, `expected at most ${most} bytes, received ${received}`);
}
