/**
 * Positions of the entries of a zip file (PKWARE's APPNOTE.TXT 6.3, sections 4.3 and 4.5.3). Only
 * uncompressed entries are supported, as PyTorch writes them; an entry is then never larger than
 * the file.
 */
import type { FileHandle } from "node:fs/promises";
import { FormatError } from "../../errors.js";
import { readRange } from "../read-range.js";
import { shownName } from "../shown-value.js";

/** The position of an entry's bytes in the file. */
export interface ZipEntry {
  readonly start: number;
  readonly length: number;
}

const SIGNATURES = { end: 0x06054b50, end64: 0x06064b50, locator64: 0x07064b50, entry: 0x02014b50, local: 0x04034b50 };
const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const MOST_COMMENT_BYTES = 0xffff;

/** Maximal size of the central directory in bytes; for 100,000 tensors it has 10 MB. */
const MOST_DIRECTORY_BYTES = 1 << 25;

interface Directory {
  readonly start: number;
  readonly length: number;
  readonly count: number;
}

interface Listed extends ZipEntry {
  readonly name: string;
  /** Position of the local header. */
  readonly header: number;
}

/**
 * The entries of a zip file by name.
 * @param path named in errors
 * @throws FormatError when it is not a zip file, is truncated, or has entries that are compressed,
 *   encrypted, overlapping, of the same name, or at other positions than the central directory
 *   says; `offset` is the byte
 */
export async function readZipEntries(path: string, handle: FileHandle): Promise<Map<string, ZipEntry>> {
  const { size } = await handle.stat();
  const directory = await findDirectory(path, handle, size);
  const listed = parseDirectory(
    path,
    new DataView(await readRange(path, handle, directory.start, directory.length)),
    directory,
  );
  const entries = new Map<string, ZipEntry>();
  let reached = 0;
  for (const entry of listed.sort((a, b) => a.header - b.header)) {
    const { name, header } = entry;
    const start = await dataStart(path, handle, entry, directory.start);
    if (header < reached) throw fault(path, `entry ${shownName(name)} overlaps the one before it`, header);
    reached = start + entry.length;
    if (reached > directory.start) throw fault(path, `entry ${shownName(name)} ends behind the last entry`, header);
    if (entries.has(name)) throw fault(path, `two entries are called ${shownName(name)}`, header);
    entries.set(name, { start, length: entry.length });
  }
  return entries;
}

function fault(path: string, message: string, offset: number): FormatError {
  return new FormatError(path, message, { offset });
}

/** Finds the central directory, whose position is at the end of the file. */
async function findDirectory(path: string, handle: FileHandle, size: number): Promise<Directory> {
  const tailStart = Math.max(0, size - END_BYTES - MOST_COMMENT_BYTES - LOCATOR_BYTES);
  const tail = new DataView(await readRange(path, handle, tailStart, size - tailStart));
  let at = tail.byteLength - END_BYTES;
  // The record is found by its comment, which must extend to the end of the file.
  while (
    at >= 0 &&
    !(tail.getUint32(at, true) === SIGNATURES.end && at + END_BYTES + tail.getUint16(at + 20, true) === tail.byteLength)
  )
    at--;
  if (at < 0)
    throw new FormatError(path, "has no end of a zip file", {
      offset: size,
      help: "The file is truncated: fetch it again.",
    });
  const end = tailStart + at;
  const said = {
    disks: tail.getUint16(at + 4, true) + tail.getUint16(at + 6, true),
    count: tail.getUint16(at + 10, true),
    length: tail.getUint32(at + 12, true),
    start: tail.getUint32(at + 16, true),
  };
  let directory = said;
  const is64 = at >= LOCATOR_BYTES && tail.getUint32(at - LOCATOR_BYTES, true) === SIGNATURES.locator64;
  if (is64) {
    const record = Number(tail.getBigUint64(at - LOCATOR_BYTES + 8, true));
    if (record > end - 56) throw fault(path, `has its end record at another position than it declares: ${record}`, end);
    const view = new DataView(await readRange(path, handle, record, 56));
    if (view.getUint32(0, true) !== SIGNATURES.end64)
      throw fault(path, "has no end record at the declared position", record);
    directory = {
      disks: view.getUint32(16, true) + view.getUint32(20, true),
      count: Number(view.getBigUint64(32, true)),
      length: Number(view.getBigUint64(40, true)),
      start: Number(view.getBigUint64(48, true)),
    };
  }
  const { disks, count, length, start } = directory;
  // Otherwise two readers could find different entries.
  const isOne = (narrow: number, wide: number, most: number) => narrow === wide || (is64 && narrow === most);
  const agrees =
    isOne(said.count, count, 0xffff) && isOne(said.length, length, 0xffffffff) && isOne(said.start, start, 0xffffffff);
  if (!agrees || said.disks !== disks)
    throw fault(path, "says twice where its list of entries is, and not the same", end);
  const isThere = start + length <= end && count * ENTRY_BYTES <= length && length <= MOST_DIRECTORY_BYTES;
  if (disks !== 0 || !isThere)
    throw fault(
      path,
      `list of ${count} entries in ${length} bytes from ${start} on, in a file that ends at ${end}`,
      end,
    );
  return directory;
}

function parseDirectory(path: string, view: DataView, { start, count }: Directory): Listed[] {
  const entries: Listed[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const isWhole = at + ENTRY_BYTES <= view.byteLength && view.getUint32(at, true) === SIGNATURES.entry;
    const lengths = isWhole ? [28, 30, 32].map((place) => view.getUint16(at + place, true)) : [0, 0, 0];
    const next = at + ENTRY_BYTES + lengths[0] + lengths[1] + lengths[2];
    if (!isWhole || next > view.byteLength) throw fault(path, `entry ${i + 1} of ${count} is not there`, start + at);
    entries.push(parseEntry(path, view, at, start + at));
    at = next;
  }
  return entries;
}

function parseEntry(path: string, view: DataView, at: number, offset: number): Listed {
  const nameLength = view.getUint16(at + 28, true);
  const name = new TextDecoder().decode(new Uint8Array(view.buffer, at + ENTRY_BYTES, nameLength));
  const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
  if (method !== 0) throw fault(path, `entry ${shownName(name)} is compressed, which PyTorch's never are`, offset);
  if (flags & 1) throw fault(path, `entry ${shownName(name)} is encrypted`, offset);
  // In the order of the 64-bit values in the extra field.
  const sizes = [24, 20, 42].map((place) => view.getUint32(at + place, true));
  const further = at + ENTRY_BYTES + nameLength;
  const [length, stored, header] = wideSizes(view, further, further + view.getUint16(at + 30, true), sizes);
  if (length !== stored || !Number.isSafeInteger(length) || !Number.isSafeInteger(header))
    throw fault(path, `entry ${shownName(name)} of ${length} bytes is stored in ${stored} from ${header} on`, offset);
  return { name, length, header, start: 0 };
}

/** Sizes with 64-bit values from the extra field, for those that do not fit into 32 bits. */
function wideSizes(view: DataView, from: number, to: number, sizes: readonly number[]): number[] {
  for (let at = from; at + 4 <= to; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    const end = Math.min(to, at + 4 + view.getUint16(at + 2, true));
    let place = at + 4;
    return sizes.map((size) => {
      if (size !== 0xffffffff || place + 8 > end) return size;
      place += 8;
      return Number(view.getBigUint64(place - 8, true));
    });
  }
  return [...sizes];
}

/** The position of an entry's bytes: after its local header, which repeats the name. */
async function dataStart(path: string, handle: FileHandle, { name, header }: Listed, end: number): Promise<number> {
  const wrong = () => fault(path, `entry ${shownName(name)} is not where the list says`, header);
  if (header + LOCAL_BYTES > end) throw wrong();
  const view = new DataView(await readRange(path, handle, header, LOCAL_BYTES));
  if (view.getUint32(0, true) !== SIGNATURES.local) throw wrong();
  const [nameLength, furtherLength] = [view.getUint16(26, true), view.getUint16(28, true)];
  if (header + LOCAL_BYTES + nameLength > end) throw wrong();
  const again = new TextDecoder().decode(await readRange(path, handle, header + LOCAL_BYTES, nameLength));
  if (again !== name) throw wrong();
  return header + LOCAL_BYTES + nameLength + furtherLength;
}
