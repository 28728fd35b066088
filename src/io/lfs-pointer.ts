/**
 * Git LFS pointers: the short text files that a clone without Git LFS has in place of large files.
 */
import { FormatError } from "../errors.js";

/** The first line of every pointer (git-lfs, `docs/spec.md`). */
const POINTER = "version https://git-lfs.github.com/spec/";

/**
 * The error for a file that is a pointer instead of the content; undefined for any other.
 * @param beginning the file's first bytes or characters
 */
export function lfsPointerError(path: string, beginning: Uint8Array | string): FormatError | undefined {
  const text = typeof beginning === "string" ? beginning : Buffer.from(beginning.subarray(0, 64)).toString("latin1");
  if (!text.startsWith(POINTER)) return undefined;
  return new FormatError(path, "is a Git LFS pointer, not the file that it stands for", {
    help: "In the cloned folder run: git lfs install && git lfs pull. Or download the files with: huggingface-cli download OWNER/NAME (for a data set with --repo-type dataset)",
  });
}
