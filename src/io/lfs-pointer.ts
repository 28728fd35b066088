/** Pointers of Git LFS, which lie in a repository in place of large files until these are fetched. */
import { FormatError } from "../errors.js";

/** How every pointer begins (github.com/git-lfs/git-lfs, docs/spec.md). */
const START = "version https://git-lfs.github.com/spec/";

/** The error for a file that begins like a pointer, where its content was expected; undefined for any other. */
export function lfsPointerError(path: string, start: string): FormatError | undefined {
  if (!start.startsWith(START)) return undefined;
  return new FormatError(path, "is a pointer of Git LFS, which stands for the file and is not its content", {
    help: "Fetch the content: `git lfs pull` in its repository, or `huggingface-cli download OWNER/NAME` (with `--repo-type dataset` for a data set).",
  });
}
