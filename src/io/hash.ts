/** SHA-256 of files and texts, for manifests and stage inputs. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { unreadable } from "./atomic.js";
import { readHead } from "./file-head.js";

/**
 * SHA-256 of a file's bytes in lower-case hex, read as a stream.
 * @throws FormatError when it cannot be read, is not a regular file, or is a Git LFS pointer
 */
export async function sha256File(path: string): Promise<string> {
  await readHead(path);
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  return hash.digest("hex");
}

/** SHA-256 of bytes in lower-case hex. */
export function sha256Bytes(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** SHA-256 of a text's UTF-8 bytes in lower-case hex. */
export function sha256Text(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
