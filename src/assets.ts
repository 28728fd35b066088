/** Paths of the files in the package: the lexicon, the embedded model and its corpus. */
import { fileURLToPath } from "node:url";

/** Absolute path of a file under `assets/`, both from the sources and from `dist`. */
export function assetPath(name: string): string {
  return fileURLToPath(new URL(`../assets/${name}`, import.meta.url));
}
