/** The end of a run's log. */
import { open } from "node:fs/promises";
import { join } from "node:path";
import { runLog } from "../pipeline/run/run-folder.js";

/** Bytes that are read; lines of progress have about 80. */
const MOST_BYTES = 8192;

/** The last whole lines of run.log; empty for a run whose output went to a terminal. */
export async function logTail(folder: string): Promise<string> {
  const file = await open(join(folder, runLog), "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (!file) return "";
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - MOST_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    const text = buffer.toString("utf8", 0, bytesRead);
    return from === 0 ? text : text.slice(text.indexOf("\n") + 1);
  } finally {
    await file.close();
  }
}
