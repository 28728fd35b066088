/** Which files of a model's folder or repository are needed, and what to do when its weights are pickled. */
import type { FileChoice } from "../io/hub/hub.js";

/** What a model's files are wanted for. */
export type ModelPart = "weights" | "tokenizer";

const filesOf: Readonly<Record<ModelPart, RegExp>> = {
  weights: /^(generation_)?config\.json$/,
  tokenizer: /^((tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab)\.json|(merges|vocab)\.txt)$/,
};

/** Each by itself makes a tokenizer; those after the first are of older folders. */
const tokenizers = [["tokenizer.json"], ["vocab.json", "merges.txt"], ["vocab.txt"]];

const INDEX = "model.safetensors.index.json";

/** What to do about a folder or repository without safetensors; undefined where no pickled weights are in it either. */
export function pickledHelp(names: readonly string[]): string | undefined {
  const pickle = names.find((name) => /\.(bin|pt|pth)$/.test(name) && !name.includes("/"));
  if (pickle === undefined) return undefined;
  const model = "AutoModelForCausalLM.from_pretrained(MODEL).save_pretrained(FOLDER)";
  const tokenizer = "AutoTokenizer.from_pretrained(MODEL).save_pretrained(FOLDER)";
  return `${pickle} is a pickle, which can run any code when it is read. Convert it in Python with transformers, ${model} and ${tokenizer} (a classifier with AutoModelForSequenceClassification), and name FOLDER.`;
}

/** The files that hold the weights: one, or the index and its shards. */
function chooseWeights(paths: readonly string[]): FileChoice {
  if (paths.includes("model.safetensors")) return { files: ["model.safetensors"], missing: [] };
  const shards = paths.filter((path) => /^model-\d+-of-\d+\.safetensors$/.test(path));
  if (!paths.includes(INDEX) || shards.length === 0)
    return { files: [], missing: ["model.safetensors"], help: pickledHelp(paths) };
  const [, digits, count] = /-(\d+)-of-(\d+)/.exec(shards[0])!;
  const all = Array.from(
    { length: Number(count) },
    (_, i) => `model-${String(i + 1).padStart(digits.length, "0")}-of-${count}.safetensors`,
  );
  return { files: [INDEX, ...all], missing: all.filter((shard) => !shards.includes(shard)) };
}

/**
 * Of the paths of a model's repository, those that are needed: configuration, tokenizer, and weights in safetensors, never
 * in another format.
 */
export function chooseModelFiles(parts: readonly ModelPart[]): (paths: readonly string[]) => FileChoice {
  return (paths) => {
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
