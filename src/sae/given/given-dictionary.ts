/** Dictionaries that were trained elsewhere: their folders, on this machine or on the Hub. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { FormatError } from "../../errors.js";
import { type FileChoice, fetchSnapshot, type HubOptions, openSnapshot } from "../../io/hub/hub.js";
import { parseHubFolder } from "../../io/hub/id.js";
import { mlpHookPoint } from "../../model/hook-points.js";
import type { Engine } from "../../runtime/engine.js";
import type { Autoencoder } from "../autoencoder.js";
import { loadAutoencoder } from "../saelens-folder.js";
import { dictionaryLearningFiles, isDictionaryLearning, loadDictionaryLearning } from "./dictionary-learning.js";

const saelensFiles: readonly string[] = ["cfg.json", "sae_weights.safetensors"];

/** A file that only some folders of SAELens have, and that changes what the others mean. */
const saelensScaler = "activation_scaler.json";

/**
 * The dictionary of a folder of SAELens or dictionary_learning.
 * @param layer the block whose MLP output it must encode
 * @throws FormatError when it is neither, or is of another place, with the file and the field
 */
export async function loadGivenDictionary(
  folder: string,
  layer: number,
  options: { engine?: Engine } = {},
): Promise<Autoencoder> {
  if (isDictionaryLearning(folder)) return loadDictionaryLearning(folder, layer, options);
  const path = join(folder, saelensFiles[0]);
  if (!existsSync(path))
    throw new FormatError(
      folder,
      `expected ${saelensFiles.join(" and ")}, or ${dictionaryLearningFiles.join(" and ")}`,
    );
  const autoencoder = await loadAutoencoder(folder, options);
  if (autoencoder.layer === layer) return autoencoder;
  throw new FormatError(
    path,
    `metadata.hook_name: expected ${mlpHookPoint(layer)}, received ${mlpHookPoint(autoencoder.layer)}`,
  );
}

/** The names of the files of a folder that are read, of those that there are. */
export function dictionaryFilesIn(folder: string): string[] {
  const names = isDictionaryLearning(folder) ? dictionaryLearningFiles : [...saelensFiles, saelensScaler];
  return names.filter((name) => existsSync(join(folder, name)));
}

/** The needed files of a dictionary in a folder of a repository. */
export function chooseDictionaryFiles(folder: string): (paths: readonly string[]) => FileChoice {
  const inFolder = (name: string) => (folder === "" ? name : `${folder}/${name}`);
  return (paths) => {
    const isThere = (name: string) => paths.includes(inFolder(name));
    const needed = isThere(dictionaryLearningFiles[1]) ? dictionaryLearningFiles : saelensFiles;
    const files = [...needed, saelensScaler].filter(isThere);
    return {
      files: files.map(inFolder),
      missing: needed.filter((name) => !isThere(name)).map(inFolder),
      help: "Name the folder of one dictionary behind the repository: owner/name/folder.",
    };
  };
}

/**
 * The folder of a dictionary, downloaded if it is an id on the Hub: `owner/name` or
 * `owner/name@revision`, with the folder in the repository behind it. The name of an existing
 * folder is that folder.
 * @throws FormatError when the repository or a needed file does not exist, or offline is not in the
 *   cache; RunError when the Hub cannot be reached
 */
export async function resolveDictionary(idOrFolder: string, options: HubOptions = {}): Promise<string> {
  const found = existsSync(idOrFolder) ? undefined : parseHubFolder(idOrFolder);
  if (!found) return idOrFolder;
  const { repository, folder } = found;
  return join(
    await fetchSnapshot(await openSnapshot(repository, chooseDictionaryFiles(folder), options), options),
    folder,
  );
}
