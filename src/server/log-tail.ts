/** The end of a run's log. */
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { runLog } from "../pipeline/run/run-folder.js";

/** Bytes that are read; lines of progress have about 80. */
const MOST_BYTES = 8192;

/** The length of run.log in bytes; 0 where there is none. */
export async function logBytes(folder: string): Promise<number> {
  return (await stat(join(folder, runLog)).catch(() => ({ size: 0 }))).size;
}

/**
 * The last whole lines of run.log; empty for a run whose output went to a terminal.
 * @param after leaves out so many bytes at its beginning, which end a line
 */
export async function logTail(folder: string, after = 0): Promise<string> {
  const file = await open(join(folder, runLog), "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (!file) return "";
  try {
    const { size } = await file.stat();
    const from = Math.max(after, size - MOST_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    const text = buffer.toString("utf8", 0, bytesRead);
    return from === after ? text : text.slice(text.indexOf("\n") + 1);
  } finally {
    await file.close();
  }
}
