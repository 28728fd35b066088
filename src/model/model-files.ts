/** The files that a model needs, and advice when its weights are in another format. */
import { existsSync } from "node:fs";
import { copyFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { FormatError } from "../errors.js";
import type { FileChoice } from "../io/hub/hub.js";
import { ADAPTER_WEIGHTS, isAdapterFolder } from "./adapter/adapter.js";
import { ADAPTER_CONFIG } from "./adapter/adapter-config.js";

/** The part of a model that files are needed for. */
export type ModelPart = "weights" | "tokenizer" | "template";

const filesOf: Readonly<Record<ModelPart, RegExp>> = {
  weights: /^(generation_)?config\.json$/,
  tokenizer:
    /^((tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab)\.json|(merges|vocab)\.txt|chat_template\.jinja)$/,
  template: /^(chat_template\.jinja|tokenizer_config\.json)$/,
};

/** Sets of files that each define a tokenizer; the later sets are those of older folders. */
const tokenizers = [["tokenizer.json"], ["vocab.json", "merges.txt"], ["vocab.txt"]];

/** Whether a folder has a tokenizer. */
export function hasTokenizer(folder: string): boolean {
  return tokenizers.some((names) => names.every((name) => existsSync(join(folder, name))));
}

/** Copies the files of a folder's tokenizer, with its chat template, to another folder that is there. */
export async function copyTokenizer(from: string, to: string): Promise<void> {
  const names = (await readdir(from)).filter((name) => filesOf.tokenizer.test(name));
  for (const name of names) await copyFile(join(from, name), join(to, name));
}

/** Names of the weights: a file, or an index of several files. The first existing one is read. */
export const WEIGHT_FILES = [
  { file: "model.safetensors", index: "model.safetensors.index.json", shard: /^model-(\d+)-of-(\d+)\.safetensors$/ },
  { file: "pytorch_model.bin", index: "pytorch_model.bin.index.json", shard: /^pytorch_model-(\d+)-of-(\d+)\.bin$/ },
] as const;

/** Advice for weights in formats that are not read; undefined if there are none. */
export function otherWeightsHelp(names: readonly string[]): string | undefined {
  const other = names.find((name) => /\.(bin|pt|pth|h5|msgpack)$/.test(name) && !name.includes("/"));
  if (other === undefined) return undefined;
  const model = "AutoModelForCausalLM.from_pretrained(MODEL).save_pretrained(FOLDER)";
  const tokenizer = "AutoTokenizer.from_pretrained(MODEL).save_pretrained(FOLDER)";
  return `${other} is not read. Convert it in Python with transformers, ${model} and ${tokenizer} (a classifier with AutoModelForSequenceClassification), and name FOLDER.`;
}

/** Advice for a folder with an adapter where a whole model is needed. */
export const MERGE_HELP =
  "Merge it into its base model in Python with peft and transformers, AutoPeftModelForCausalLM.from_pretrained(ADAPTER).merge_and_unload().save_pretrained(FOLDER) and AutoTokenizer.from_pretrained(BASE).save_pretrained(FOLDER), and name FOLDER.";

/**
 * For models that must not be adapters: classifiers, and models to be tuned.
 * @throws FormatError when the folder is an adapter
 */
export function refuseAdapter(folder: string): void {
  if (isAdapterFolder(folder))
    throw new FormatError(folder, `holds a LoRA adapter (${ADAPTER_CONFIG}), not a whole model`, { help: MERGE_HELP });
}

/** Maximal number of shards; file names with a higher count are ignored. */
const MOST_SHARDS = 10_000;

/** The files of the weights: one file, or the index and its shards. */
function chooseWeights(paths: readonly string[]): FileChoice {
  for (const { file, index, shard } of WEIGHT_FILES) {
    if (paths.includes(file)) return { files: [file], missing: [] };
    const isShard = (path: string) => Number(shard.exec(path)?.[2] ?? Number.POSITIVE_INFINITY) <= MOST_SHARDS;
    const shards = paths.filter(isShard);
    if (!paths.includes(index) || shards.length === 0) continue;
    const [name, digits, count] = shard.exec(shards[0])!;
    const all = Array.from({ length: Number(count) }, (_, i) =>
      name.replace(/\d+/, String(i + 1).padStart(digits.length, "0")),
    );
    return { files: [index, ...all], missing: all.filter((one) => !shards.includes(one)) };
  }
  return { files: [], missing: [WEIGHT_FILES[0].file], help: otherWeightsHelp(paths) };
}

/**
 * The needed files of a model's repository: configuration, tokenizer, and weights, in safetensors
 * or else pickled; of a chat template those that there are. Of an adapter: its two files, and its tokenizer if it has one.
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
      const weights = ADAPTER_WEIGHTS.find(isThere) ?? ADAPTER_WEIGHTS[0];
      const adapter = [ADAPTER_CONFIG, ...(parts.includes("weights") ? [weights] : [])];
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
