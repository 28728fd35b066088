/** model.safetensors.index.json: the file of each tensor of a sharded model. */
import { isAbsolute, join, posix, win32 } from "node:path";
import { FormatError } from "../errors.js";
import { isObject } from "../io/json-object.js";
import { shown, shownList, shownName } from "../io/shown-value.js";
import type { TensorFile } from "../io/tensor-file.js";
import { readObject } from "./tokenizer/tokenizer-file.js";

/** Tensor -> file, relative to the folder. */
export type ShardIndex = ReadonlyMap<string, string>;

/**
 * Reads the index of a folder.
 * @throws FormatError when it is not a JSON object with a `weight_map` from tensors to files in the
 *   folder
 */
export async function readShardIndex(folder: string, name: string): Promise<ShardIndex> {
  const path = join(folder, name);
  const { weight_map: map } = await readObject(path);
  const entries = isObject(map) ? Object.entries(map) : [];
  if (entries.length === 0) throw new FormatError(path, "expected a weight_map from tensors to files");
  const wrong = entries.find(([, file]) => !isInFolder(file));
  if (wrong)
    throw new FormatError(
      path,
      `weight_map: ${shownName(wrong[0])}: expected the name of a file in the folder, received ${shown(wrong[1])}`,
    );
  return new Map(entries as [string, string][]);
}

/**
 * The name must be inside of the folder. A link in the folder may point elsewhere, as in the Hub's
 * cache.
 */
function isInFolder(file: unknown): file is string {
  if (typeof file !== "string" || file === "" || file.includes("\0")) return false;
  if (isAbsolute(file) || posix.isAbsolute(file) || win32.isAbsolute(file)) return false;
  return !file.split(/[\\/]/).includes("..");
}

/**
 * Compares an index with the opened files, by their names in it.
 * @throws FormatError that names the first tensors whose file lacks them, or that are in a file but
 *   not in the index or in another file there
 */
export function checkShards(
  path: string,
  index: ShardIndex,
  files: ReadonlyMap<string, Pick<TensorFile, "tensors">>,
): void {
  const fail = (count: number, what: string, places: readonly string[]): never => {
    throw new FormatError(path, `${count} tensors ${what}: ${shownList(places)}`, {
      help: "The index and the files are not of one model: fetch all of them again.",
    });
  };
  const absent = [...index].filter(([tensor, file]) => !files.get(file)?.tensors.has(tensor));
  if (absent.length > 0)
    fail(
      absent.length,
      "are not in the file that weight_map names",
      absent.map(([tensor, file]) => `${tensor} in ${file}`),
    );
  const unnamed = [...files].flatMap(([file, { tensors }]) =>
    [...tensors.keys()].filter((tensor) => index.get(tensor) !== file).map((tensor) => `${tensor} in ${file}`),
  );
  if (unnamed.length > 0) fail(unnamed.length, "are in a file where weight_map has none or another", unnamed);
}
