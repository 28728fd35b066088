/** Resolves a model's name to a folder: the embedded model, a folder, or an id on the Hub. */
import { existsSync } from "node:fs";
import { assetPath } from "../assets.js";
import { FormatError } from "../errors.js";
import { fetchSnapshot, type HubOptions, openSnapshot } from "../io/hub/hub.js";
import { parseHubId } from "../io/hub/id.js";
import { isAdapterFolder } from "./adapter/adapter.js";
import { readAdapterConfig } from "./adapter/adapter-config.js";
import { chooseModelFiles, hasTokenizer, type ModelPart } from "./model-files.js";

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

/** The folders of a model's files. */
export interface ModelFolders {
  /** Configuration and weights: the model's own folder, or that of an adapter's base model. */
  readonly folder: string;
  /** The adapter's folder; undefined for a whole model. */
  readonly adapter?: string;
}

/** The model that an adapter is merged into. */
export interface AdapterOptions {
  /** Default: `base_model_name_or_path` of the adapter's configuration. */
  readonly base?: string;
}

/**
 * The folders of a model, downloaded if it is an id on the Hub: one of a whole model; of a LoRA
 * adapter its own and its base model's.
 * @throws FormatError as `resolveModel`, or when the base model of an adapter is unknown, missing,
 *   or itself an adapter
 */
export async function locateModel(
  idOrFolder: string,
  { base, ...options }: ResolveModelOptions & AdapterOptions = {},
): Promise<ModelFolders> {
  const folder = await resolveModel(idOrFolder, options);
  if (!isAdapterFolder(folder)) return { folder };
  const { parts = ["weights", "tokenizer"] } = options;
  const needed = parts.filter((part) => part !== "tokenizer" || !hasTokenizer(folder));
  return { folder: await resolveBase(folder, base, { ...options, parts: needed }), adapter: folder };
}

/**
 * The folder of a model's tokenizer; of an adapter without tokenizer, that of its base model.
 * @throws FormatError as `locateModel`
 */
export async function locateTokenizer(idOrFolder: string, options: HubOptions = {}): Promise<string> {
  const folder = await resolveModel(idOrFolder, { ...options, parts: ["tokenizer"] });
  const isWhole = !isAdapterFolder(folder) || hasTokenizer(folder);
  return isWhole ? folder : resolveBase(folder, undefined, { ...options, parts: ["tokenizer"] });
}

async function resolveBase(adapter: string, given: string | undefined, options: ResolveModelOptions): Promise<string> {
  const config = await readAdapterConfig(adapter);
  const name = given ?? config.base;
  if (name === undefined)
    throw new FormatError(
      config.file,
      "base_model_name_or_path: expected the model that it was trained on, received none",
    );
  const folder = await resolveModel(name, options);
  const fault = isAdapterFolder(folder) ? "is an adapter itself" : existsSync(folder) ? undefined : "is not there";
  if (fault !== undefined)
    throw new FormatError(config.file, `its base model ${name} ${fault}`, {
      help: "Name the folder or the id of the whole model that it was trained on in base_model_name_or_path, or beside it as the base model of a pair.",
    });
  return folder;
}
