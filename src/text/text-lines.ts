/** Lines of a text file as a stream; names ending in `.gz` are gzipped. */
import { unreadable } from "../io/atomic.js";
import { readBytes } from "../io/read-bytes.js";

/**
 * The lines of a UTF-8 file without their ends (`\n` or `\r\n`), one block of the file in memory at a time.
 * @throws FormatError when the file is missing, not gzip although it ends in `.gz`, or not UTF-8
 */
export async function* readTextLines(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let pending = "";
  try {
    for await (const block of readBytes(path)) {
      const lines = (pending + decoder.decode(block, { stream: true })).split("\n");
      pending = lines.pop() as string;
      for (const line of lines) yield line.replace(/\r$/, "");
    }
    pending += decoder.decode();
  } catch (cause) {
    throw unreadable(path, cause);
  }
  if (pending !== "") yield pending;
}
