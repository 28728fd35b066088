/** Where the files that ship with the package lie: the lexicon, the embedded model and its corpus. */
import { fileURLToPath } from "node:url";

/** Absolute path of a file under `assets/`, from the sources and from `dist` alike. */
export function assetPath(name: string): string {
  return fileURLToPath(new URL(`../assets/${name}`, import.meta.url));
}
