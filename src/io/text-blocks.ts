/**
 * Text files as streams of blocks or lines, in UTF-8 or UTF-16. Invalid bytes are errors, never
 * replaced.
 */
import { isUtf8 } from "node:buffer";
import { TextDecoder } from "node:util";
import { FormatError } from "../errors.js";
import { unreadable } from "./atomic.js";
import { readBytes } from "./read-bytes.js";

/**
 * Maximal number of characters of a line or row, 128 MiB in memory; a longer one means that the
 * file is not of the expected format.
 */
export const MOST_CHARACTERS = 1 << 26;

/** Byte order marks, the longer ones first. */
const MARKS = [
  { bytes: [0xff, 0xfe, 0, 0], encoding: "utf-32le" },
  { bytes: [0, 0, 0xfe, 0xff], encoding: "utf-32be" },
  { bytes: [0xff, 0xfe], encoding: "utf-16le" },
  { bytes: [0xfe, 0xff], encoding: "utf-16be" },
];

/** Bytes at the beginning of a file from which UTF-16 without a mark is detected. */
const SAMPLED_BYTES = 4096;

function convert(path: string, from: string): string {
  return `Convert it: iconv -f ${from} -t UTF-8 ${path} > NEW, or save it as UTF-8 where it was written.`;
}

/**
 * A decoder for the encoding of a file: UTF-16 with a byte order mark, else UTF-8.
 * @throws FormatError for UTF-32, and for UTF-16 without a mark, whose bytes are also valid UTF-8
 *   with NUL characters
 */
function decoderFor(path: string, start: Uint8Array): TextDecoder {
  const mark = MARKS.find(({ bytes }) => bytes.every((byte, i) => start[i] === byte));
  if (mark?.encoding.startsWith("utf-32"))
    throw new FormatError(path, "is UTF-32, expected UTF-8 or UTF-16", { help: convert(path, "UTF-32") });
  if (mark) return new TextDecoder(mark.encoding, { fatal: true });
  const zeros = [0, 0];
  const sampled = start.subarray(0, SAMPLED_BYTES);
  for (let i = 0; i < sampled.length; i++) if (sampled[i] === 0) zeros[i % 2]++;
  const order = zeros.findIndex((count) => count > 1 && count > sampled.length / 4);
  if (order >= 0) {
    const encoding = order === 1 ? "UTF-16LE" : "UTF-16BE";
    throw new FormatError(path, `seems to be ${encoding} without a byte order mark`, { help: convert(path, encoding) });
  }
  return new TextDecoder("utf-8", { fatal: true });
}

/**
 * The number of the first line that is not UTF-8, from 1. In UTF-8 the newline byte is never part
 * of a longer character, so lines can be split before decoding.
 */
async function firstWrongLine(path: string): Promise<number> {
  let line = 1;
  let pending: Uint8Array[] = [];
  for await (const block of readBytes(path)) {
    let start = 0;
    for (let end = block.indexOf(0x0a); end >= 0; end = block.indexOf(0x0a, start)) {
      if (!isUtf8(Buffer.concat([...pending, block.subarray(start, end)]))) return line;
      pending = [];
      start = end + 1;
      line++;
    }
    pending.push(block.slice(start));
  }
  return line;
}

async function wrongEncoding(path: string, encoding: string, cause: unknown): Promise<FormatError> {
  if (encoding !== "utf-8")
    return new FormatError(path, `is not the ${encoding.toUpperCase()} that its byte order mark says`, { cause });
  const line = await firstWrongLine(path);
  return new FormatError(path, `line ${line} is not UTF-8`, {
    offset: line,
    help: `${convert(path, "WINDOWS-1252")} WINDOWS-1252 is usual for older Western files; \`file ${path}\` guesses.`,
    cause,
  });
}

/**
 * The characters of a file, block by block, without a byte order mark.
 * @throws FormatError when it cannot be read, or is neither UTF-8 nor UTF-16 with a mark; then
 *   `offset` is the first wrong line
 */
export async function* textBlocks(path: string): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined;
  try {
    for await (const block of readBytes(path)) {
      decoder ??= decoderFor(path, block);
      const text = decoder.decode(block, { stream: true });
      if (text !== "") yield text;
    }
    const rest = decoder?.decode() ?? "";
    if (rest !== "") yield rest;
  } catch (cause) {
    if (decoder && (cause as NodeJS.ErrnoException).code === "ERR_ENCODING_INVALID_ENCODED_DATA")
      throw await wrongEncoding(path, decoder.encoding, cause);
    throw cause instanceof FormatError ? cause : unreadable(path, cause);
  }
}

/** A line without its line end, and whether it had one. */
export interface TextLine {
  text: string;
  ended: boolean;
}

/**
 * The lines of a file, which end in `\n`, `\r\n` or `\r`; one block of the file is in memory at a
 * time. U+2028 and other Unicode line separators do not end a line.
 * @throws FormatError as `textBlocks`, and for a line of more than 2^26 characters
 */
export async function* textLines(path: string): AsyncGenerator<TextLine> {
  let pending = "";
  let number = 1;
  // A "\r" at the end of a block; the next block decides whether a "\n" belongs to it.
  let held = "";
  for await (const block of textBlocks(path)) {
    const text = held + block;
    held = text.endsWith("\r") ? "\r" : "";
    const whole = held === "" ? text : text.slice(0, -1);
    const lines = whole.includes("\r") ? whole.split(/\r\n|\n|\r/) : whole.split("\n");
    lines[0] = pending + lines[0];
    pending = lines.pop() as string;
    number += lines.length;
    if (pending.length > MOST_CHARACTERS) {
      const message = `line ${number} has more than ${MOST_CHARACTERS} characters`;
      throw new FormatError(path, message, { offset: number, help: "Is each text on a line of its own?" });
    }
    for (const line of lines) yield { text: line, ended: true };
  }
  if (held !== "" || pending !== "") yield { text: pending, ended: held !== "" };
}
