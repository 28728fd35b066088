/** Resolves a model's name to a folder: the embedded model, a folder, or an id on the Hub. */
import { existsSync } from "node:fs";
import { assetPath } from "../assets.js";
import { fetchSnapshot, type HubOptions, openSnapshot } from "../io/hub/hub.js";
import { parseHubId } from "../io/hub/id.js";
import { chooseModelFiles, type ModelPart } from "./model-files.js";

/** Options of resolving a model on the Hub. */
export interface ResolveModelOptions extends HubOptions {
  /** The needed parts. Default: weights and tokenizer. */
  readonly parts?: readonly ModelPart[];
}

/**
 * The folder of a model, downloaded if the name is an id on the Hub. `embedded` is the model of the
 * package; the name of an existing folder is that folder; otherwise `owner/name` or
 * `owner/name@revision` is a repository of the Hub. Any other name is returned as a folder; reading
 * it then fails.
 * @throws FormatError when the repository does not exist, access is denied, a needed file is
 *   missing, or offline is not in the cache; RunError when the Hub cannot be reached
 */
export async function resolveModel(idOrFolder: string, options: ResolveModelOptions = {}): Promise<string> {
  if (idOrFolder === "embedded") return assetPath("embedded");
  const repository = existsSync(idOrFolder) ? undefined : parseHubId("model", idOrFolder);
  if (!repository) return idOrFolder;
  const choose = chooseModelFiles(options.parts ?? ["weights", "tokenizer"]);
  return fetchSnapshot(await openSnapshot(repository, choose, options), options);
}
