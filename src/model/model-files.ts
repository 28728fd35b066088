/** Which files of a model's folder or repository are needed, and what to do when its weights are pickled. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { FormatError } from "../errors.js";
import type { FileChoice } from "../io/hub/hub.js";
import { ADAPTER_WEIGHTS, isAdapterFolder } from "./adapter/adapter.js";
import { ADAPTER_CONFIG } from "./adapter/adapter-config.js";

/** What a model's files are wanted for. */
export type ModelPart = "weights" | "tokenizer";

const filesOf: Readonly<Record<ModelPart, RegExp>> = {
  weights: /^(generation_)?config\.json$/,
  tokenizer: /^((tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab)\.json|(merges|vocab)\.txt)$/,
};

/** Each by itself makes a tokenizer; those after the first are of older folders. */
const tokenizers = [["tokenizer.json"], ["vocab.json", "merges.txt"], ["vocab.txt"]];

/** Whether a folder has a tokenizer. */
export function hasTokenizer(folder: string): boolean {
  return tokenizers.some((names) => names.every((name) => existsSync(join(folder, name))));
}

/** Names the files of a model that stands in several. */
export const SHARD_INDEX = "model.safetensors.index.json";

/** What to do about a folder or repository without safetensors; undefined where no pickled weights are in it either. */
export function pickledHelp(names: readonly string[]): string | undefined {
  const pickle = names.find((name) => /\.(bin|pt|pth)$/.test(name) && !name.includes("/"));
  if (pickle === undefined) return undefined;
  const model = "AutoModelForCausalLM.from_pretrained(MODEL).save_pretrained(FOLDER)";
  const tokenizer = "AutoTokenizer.from_pretrained(MODEL).save_pretrained(FOLDER)";
  return `${pickle} is a pickle, which can run any code when it is read. Convert it in Python with transformers, ${model} and ${tokenizer} (a classifier with AutoModelForSequenceClassification), and name FOLDER.`;
}

/** What to do about a folder that holds an adapter where a whole model is needed. */
export const MERGE_HELP =
  "Merge it into its base model in Python with peft and transformers, AutoPeftModelForCausalLM.from_pretrained(ADAPTER).merge_and_unload().save_pretrained(FOLDER) and AutoTokenizer.from_pretrained(BASE).save_pretrained(FOLDER), and name FOLDER.";

/**
 * For models that cannot be an adapter: classifiers, and those that a run begins from.
 * @throws FormatError for a folder that holds one
 */
export function refuseAdapter(folder: string): void {
  if (isAdapterFolder(folder))
    throw new FormatError(folder, `holds a LoRA adapter (${ADAPTER_CONFIG}), not a whole model`, { help: MERGE_HELP });
}

/** The most files that weights are looked for in; a name that counts more is none of a model's. */
const MOST_SHARDS = 10_000;

/** The files that hold the weights: one, or the index and its shards. */
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
 * Of the paths of a model's repository, those that are needed: configuration, tokenizer, and weights in safetensors, never
 * in another format. Of an adapter its two files, and a tokenizer where there is one.
 * @param adapters whether the model may be an adapter
 */
export function chooseModelFiles(
  parts: readonly ModelPart[],
  { adapters = true }: { adapters?: boolean } = {},
): (paths: readonly string[]) => FileChoice {
  return (paths) => {
    const small = paths.filter((path) => parts.some((part) => filesOf[part].test(path)));
    const isThere = (name: string) => paths.includes(name);
    if (isThere(ADAPTER_CONFIG)) {
      if (!adapters) return { files: [], missing: ["whole model, only a LoRA adapter"], help: MERGE_HELP };
      const adapter = [ADAPTER_CONFIG, ...(parts.includes("weights") ? [ADAPTER_WEIGHTS] : [])];
      return { files: [...small, ...adapter], missing: adapter.filter((name) => !isThere(name)) };
    }
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
