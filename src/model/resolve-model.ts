/** Which folder a model's name means: the embedded model, a folder, or an id on the Hub. */
import { existsSync } from "node:fs";
import { assetPath } from "../assets.js";
import { fetchSnapshot, type HubOptions, openSnapshot } from "../io/hub/hub.js";
import { parseHubId } from "../io/hub/id.js";
import { chooseModelFiles, type ModelPart } from "./model-files.js";

/** What is wanted of a model on the Hub, and how. */
export interface ResolveModelOptions extends HubOptions {
  /** Default: weights and tokenizer. */
  readonly parts?: readonly ModelPart[];
}

/**
 * The folder of a model, downloaded where it is an id on the Hub. `embedded` is the model that ships with the package; the name
 * of a folder that exists is that folder; else `owner/name` or `owner/name@revision` is a repository of the Hub. Any other name is taken
 * for a folder, whose files the reader will miss.
 * @throws FormatError when the repository does not exist, may not be read, lacks a file that is needed, or offline is not in
 *   the cache; RunError when the Hub cannot be reached
 */
export async function resolveModel(idOrFolder: string, options: ResolveModelOptions = {}): Promise<string> {
  if (idOrFolder === "embedded") return assetPath("embedded");
  const repository = existsSync(idOrFolder) ? undefined : parseHubId("model", idOrFolder);
  if (!repository) return idOrFolder;
  const choose = chooseModelFiles(options.parts ?? ["weights", "tokenizer"]);
  return fetchSnapshot(await openSnapshot(repository, choose, options), options);
}
