/**
 * Chooses the files of a model's folder or repository, and explains how to convert pickled weights.
 */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { FormatError } from "../errors.js";
import type { FileChoice } from "../io/hub/hub.js";

/** The part of a model that files are needed for. */
export type ModelPart = "weights" | "tokenizer";

const filesOf: Readonly<Record<ModelPart, RegExp>> = {
  weights: /^(generation_)?config\.json$/,
  tokenizer: /^((tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab)\.json|(merges|vocab)\.txt)$/,
};

/** Sets of files that each define a tokenizer; the later sets are those of older folders. */
const tokenizers = [["tokenizer.json"], ["vocab.json", "merges.txt"], ["vocab.txt"]];

/** The file that lists the shards of a model. */
export const SHARD_INDEX = "model.safetensors.index.json";

/**
 * Advice for a folder or repository without safetensors; undefined if it has no pickled weights
 * either.
 */
export function pickledHelp(names: readonly string[]): string | undefined {
  const pickle = names.find((name) => /\.(bin|pt|pth)$/.test(name) && !name.includes("/"));
  if (pickle === undefined) return undefined;
  const model = "AutoModelForCausalLM.from_pretrained(MODEL).save_pretrained(FOLDER)";
  const tokenizer = "AutoTokenizer.from_pretrained(MODEL).save_pretrained(FOLDER)";
  return `${pickle} is a pickle, which can run any code when it is read. Convert it in Python with transformers, ${model} and ${tokenizer} (a classifier with AutoModelForSequenceClassification), and name FOLDER.`;
}

/** PEFT writes this file only to folders of adapters. */
const ADAPTER = "adapter_config.json";

/** Whether a folder holds a LoRA adapter. */
export function isAdapterFolder(folder: string): boolean {
  return existsSync(join(folder, ADAPTER));
}

/** @throws FormatError for a folder with an adapter. A missing folder is not an error here. */
export async function refuseAdapter(folder: string): Promise<void> {
  const help = adapterHelp(await readdir(folder).catch(() => []));
  if (help) throw new FormatError(folder, `holds a LoRA adapter (${ADAPTER}), not a whole model`, { help });
}

/** Advice for a folder or repository with a LoRA adapter; undefined if it has none. */
export function adapterHelp(names: readonly string[]): string | undefined {
  if (!names.includes(ADAPTER)) return undefined;
  const merge = "AutoPeftModelForCausalLM.from_pretrained(ADAPTER).merge_and_unload().save_pretrained(FOLDER)";
  const tokenizer = "AutoTokenizer.from_pretrained(BASE).save_pretrained(FOLDER)";
  return `Adapters are not read yet. Merge it into its base model in Python with peft and transformers, ${merge} and ${tokenizer}, and name FOLDER. Where the folder holds a whole model as well, take ${ADAPTER} out of it.`;
}

/** Maximal number of shards; file names with a higher count are ignored. */
const MOST_SHARDS = 10_000;

/** The files of the weights: one file, or the index and its shards. */
function chooseWeights(paths: readonly string[]): FileChoice {
  if (paths.includes("model.safetensors")) return { files: ["model.safetensors"], missing: [] };
  const isShard = (path: string) =>
    Number(/^model-\d+-of-(\d+)\.safetensors$/.exec(path)?.[1] ?? Number.POSITIVE_INFINITY) <= MOST_SHARDS;
  const shards = paths.filter(isShard);
  if (!paths.includes(SHARD_INDEX) || shards.length === 0)
    return { files: [], missing: ["model.safetensors"], help: pickledHelp(paths) };
  const [, digits, count] = /-(\d+)-of-(\d+)/.exec(shards[0])!;
  const all = Array.from(
    { length: Number(count) },
    (_, i) => `model-${String(i + 1).padStart(digits.length, "0")}-of-${count}.safetensors`,
  );
  return { files: [SHARD_INDEX, ...all], missing: all.filter((shard) => !shards.includes(shard)) };
}

/**
 * The needed files among the paths of a model's repository: configuration, tokenizer, and weights,
 * only in safetensors.
 */
export function chooseModelFiles(parts: readonly ModelPart[]): (paths: readonly string[]) => FileChoice {
  return (paths) => {
    const adapter = parts.includes("weights") ? adapterHelp(paths) : undefined;
    if (adapter) return { files: [], missing: ["whole model, only a LoRA adapter"], help: adapter };
    const small = paths.filter((path) => parts.some((part) => filesOf[part].test(path)));
    const isThere = (name: string) => paths.includes(name);
    const needsTokenizer = parts.includes("tokenizer") && !tokenizers.some((names) => names.every(isThere));
    const needsConfig = parts.includes("weights") && !isThere("config.json");
    const weights = parts.includes("weights") ? chooseWeights(paths) : { files: [], missing: [] };
    const tokenizerHelp = needsTokenizer
      ? "Write it in Python: AutoTokenizer.from_pretrained(MODEL).save_pretrained(FOLDER), with the model beside it, and name FOLDER."
      : undefined;
    return {
      files: [...small, ...weights.files],
      missing: [
        ...(needsConfig ? ["config.json"] : []),
        ...(needsTokenizer ? ["tokenizer.json"] : []),
        ...weights.missing,
      ],
      help: weights.help ?? tokenizerHelp,
    };
  };
}
