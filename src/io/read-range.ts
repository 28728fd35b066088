/** Bytes of an open file at a position. */
import type { FileHandle } from "node:fs/promises";
import { FormatError } from "../errors.js";

/** One system call reads less than 2 GiB. */
const MAX_BYTES_PER_CALL = 1 << 30;

/**
 * `length` bytes from byte `start`.
 * @param path named in errors
 * @throws FormatError when the file is shorter
 */
export async function readRange(path: string, handle: FileHandle, start: number, length: number): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const wanted = Math.min(length - done, MAX_BYTES_PER_CALL);
    const { bytesRead } = await handle.read(bytes, done, wanted, start + done);
    if (bytesRead === 0) throw new FormatError(path, "ends too early", { offset: start + done });
    done += bytesRead;
  }
  return bytes.buffer;
}
