/** The bytes of a file as a stream, unzipped where its name ends in `.gz`. */
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

/** A failure of the file, or one to unzip it, is met by whoever reads. */
export function readBytes(path: string): Readable {
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  if (!path.endsWith(".gz")) return file;
  const unzipped = createGunzip();
  // A failure of the file destroys `unzipped` with the same error.
  pipeline(file, unzipped).catch(() => {});
  return unzipped;
}
