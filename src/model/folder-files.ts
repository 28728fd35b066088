/** The files of a local model folder that are read. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readJson, unreadable } from "../io/atomic.js";
import { isAdapterFolder } from "./adapter/adapter.js";
import { chooseModelFiles, type ModelPart, WEIGHT_FILES } from "./model-files.js";

/**
 * Names of the existing files that loading reads: configuration, tokenizer, and the weights, or the
 * index and the files that it names. Other files of the folder (README.md, weights in other
 * formats, subfolders) are left out.
 * @throws FormatError when the folder or the index cannot be read
 */
export async function modelFilesIn(folder: string, parts: readonly ModelPart[]): Promise<string[]> {
  const names = await readdir(folder).catch((cause) => {
    throw unreadable(folder, cause);
  });
  const { files } = chooseModelFiles(parts)(names);
  const known = files.filter((name) => names.includes(name));
  const kept = WEIGHT_FILES.find(({ file, index }) => names.includes(file) || names.includes(index));
  if (!parts.includes("weights") || !kept || names.includes(kept.file) || isAdapterFolder(folder)) return known;
  const { weight_map: map } = ((await readJson(join(folder, kept.index))) ?? {}) as { weight_map?: unknown };
  const named = typeof map === "object" && map !== null ? Object.values(map) : [];
  const shards = named.filter((name): name is string => typeof name === "string" && names.includes(name));
  return [...new Set([...known, kept.index, ...shards])];
}
