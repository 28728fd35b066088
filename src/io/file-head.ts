/**
 * The type of a file, checked before it is read: opening a pipe would block, and a Git LFS pointer
 * has no data.
 */
import type { Stats } from "node:fs";
import { open, stat } from "node:fs/promises";
import { FormatError } from "../errors.js";
import { unreadable } from "./atomic.js";
import { lfsPointerError } from "./lfs-pointer.js";

/** Bytes that are enough to identify a file. */
const HEAD_BYTES = 64;

/**
 * The first 64 bytes of a file, or all of a shorter one. Links are followed; only regular files are
 * opened.
 * @throws FormatError when it is missing, unreadable, a folder, pipe, socket or device, or a Git
 *   LFS pointer
 */
export async function readHead(path: string): Promise<Uint8Array> {
  const kind = await stat(path).catch((cause) => {
    throw unreadable(path, cause);
  });
  if (!kind.isFile()) throw new FormatError(path, `expected a file, received ${nameOf(kind)}`);
  const head = Buffer.alloc(HEAD_BYTES);
  try {
    const file = await open(path);
    try {
      const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0);
      const bytes = head.subarray(0, bytesRead);
      const pointer = lfsPointerError(path, bytes);
      if (pointer) throw pointer;
      return bytes;
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw cause instanceof FormatError ? cause : unreadable(path, cause);
  }
}

function nameOf(kind: Stats): string {
  if (kind.isDirectory()) return "a folder";
  if (kind.isFIFO()) return "a pipe";
  return kind.isSocket() ? "a socket" : "a device";
}
