/** Whether what stands at a path is a file that can be read to its end. */
import { stat } from "node:fs/promises";
import { FormatError } from "../errors.js";
import { unreadable } from "./atomic.js";

/**
 * Refuses what is no ordinary file: a folder cannot be read, and opening a named pipe waits for ever
 * for one who writes into it.
 * @throws FormatError when it is missing or no file
 */
export async function checkIsFile(path: string): Promise<void> {
  const found = await stat(path).catch((cause) => {
    throw unreadable(path, cause);
  });
  if (found.isFile()) return;
  const received = found.isDirectory() ? "a folder" : "neither file nor folder";
  throw new FormatError(path, `expected a file, received ${received}`);
}
