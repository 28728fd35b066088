/** The bytes of a file as a stream, unzipped if its name ends in `.gz`. */
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { FormatError } from "../errors.js";
import { unreadable } from "./atomic.js";
import { readHead } from "./file-head.js";

/** Approximate size of a block in bytes. */
const BLOCK_BYTES = 1 << 18;

/**
 * Blocks of a file's bytes; the file is closed when the caller stops early.
 * @throws FormatError when it cannot be read, is not a regular file, is a Git LFS pointer, is
 *   gzipped without a name in `.gz`, or has such a name without being gzipped
 */
export async function* readBytes(path: string): AsyncGenerator<Uint8Array> {
  const head = await readHead(path);
  const named = /\.gz$/i.test(path);
  const isZipped = head[0] === 0x1f && head[1] === 0x8b;
  if (named && !isZipped && head.length > 0) throw new FormatError(path, "is not gzip, although its name ends in .gz");
  if (isZipped && !named) throw new FormatError(path, "is gzip: its name must end in .gz");
  try {
    const file = createReadStream(path, { highWaterMark: BLOCK_BYTES });
    if (!named) return yield* file;
    const unzipped = createGunzip({ chunkSize: BLOCK_BYTES });
    // A failure of the file destroys `unzipped` with the same error.
    pipeline(file, unzipped).catch(() => {});
    yield* unzipped;
  } catch (cause) {
    throw unreadable(path, cause);
  }
}
