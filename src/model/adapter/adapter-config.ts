/** adapter_config.json of a LoRA adapter, as peft writes it. */
import { join } from "node:path";
import { FormatError } from "../../errors.js";
import { isObject } from "../../io/json-object.js";
import { shown } from "../../io/shown-value.js";
import { type Json, readObject } from "../tokenizer/tokenizer-file.js";

/** The file of peft that marks a folder as an adapter. */
export const ADAPTER_CONFIG = "adapter_config.json";

/** The settings of an adapter. */
export interface AdapterConfig {
  readonly file: string;
  /** The base model: a folder or an id on the Hub, with `@revision` if one is given. */
  readonly base?: string;
  /** Whether matrices are stored [in, out]. Needed for square ones only: other shapes show it. */
  readonly fanInFanOut: boolean;
  /** Rank of the pair of matrices of a module; modules have the base model's names. */
  rankOf(module: string): number;
  /** Factor of a module's product B A: alpha / rank; alpha / sqrt(rank) with rsLoRA. */
  scaleOf(module: string): number;
}

/** Fields that have an effect on merging. */
const READ = [
  "peft_type",
  "base_model_name_or_path",
  "revision",
  "r",
  "lora_alpha",
  "fan_in_fan_out",
  "use_rslora",
  "rank_pattern",
  "alpha_pattern",
  "init_lora_weights",
];

/** Fields of training, or lists of modules that the tensors' names show anyway. */
const WITHOUT_EFFECT = [
  ...["task_type", "auto_mapping", "peft_version", "inference_mode", "lora_dropout", "runtime_config"],
  ...["target_modules", "exclude_modules", "modules_to_save", "bias", "lora_bias"],
  ...["layers_to_transform", "layers_pattern", "ensure_weight_tying"],
  ...["loftq_config", "eva_config", "megatron_core", "qalora_group_size"],
];

/** Initialisations that leave the base model's weights unchanged; others change them too. */
const HARMLESS_STARTS: readonly unknown[] = [undefined, null, true, false, "gaussian", "orthogonal", "eva"];

/**
 * Reads adapter_config.json.
 * @throws FormatError when it is missing or malformed, or when the adapter cannot be merged as
 *   W + scale B A (DoRA, a type of peft other than LORA, ...); it names all such fields
 */
export async function readAdapterConfig(folder: string): Promise<AdapterConfig> {
  const file = join(folder, ADAPTER_CONFIG);
  const json = await readObject(file);
  const problems = problemsOf(json);
  if (problems.length > 0)
    throw new FormatError(file, `is not read as a LoRA adapter: ${problems.join("; ")}`, {
      help: "Merge it into its base model in Python with peft, AutoPeftModelForCausalLM.from_pretrained(ADAPTER).merge_and_unload().save_pretrained(FOLDER), and name FOLDER.",
    });
  const ranks = patternOf(json.rank_pattern);
  const alphas = patternOf(json.alpha_pattern);
  const rankOf = (module: string): number => ranks(module) ?? (json.r as number);
  const base = typeof json.base_model_name_or_path === "string" ? json.base_model_name_or_path : "";
  return {
    file,
    base: base === "" ? undefined : typeof json.revision === "string" ? `${base}@${json.revision}` : base,
    fanInFanOut: json.fan_in_fan_out === true,
    rankOf,
    scaleOf: (module) => {
      const rank = rankOf(module);
      return (alphas(module) ?? (json.lora_alpha as number)) / (json.use_rslora === true ? Math.sqrt(rank) : rank);
    },
  };
}

function problemsOf(json: Json): string[] {
  const problems: string[] = [];
  const expect = (field: string, expected: string, isRight: boolean) => {
    if (!isRight) problems.push(`${field}: expected ${expected}, received ${shown(json[field])}`);
  };
  expect("peft_type", '"LORA"', json.peft_type === "LORA");
  // The next checks assume the fields' types.
  if (problems.length > 0) return problems;
  expect("r", "a whole number from 1 on", isRank(json.r));
  expect("lora_alpha", "a number", isNumber(json.lora_alpha));
  expect("rank_pattern", "module names with ranks", isPattern(json.rank_pattern, isRank));
  expect("alpha_pattern", "module names with numbers", isPattern(json.alpha_pattern, isNumber));
  expect(
    "init_lora_weights",
    "a start that leaves the base model as it is",
    HARMLESS_STARTS.includes(json.init_lora_weights),
  );
  for (const field of Object.keys(json))
    if (!READ.includes(field) && !WITHOUT_EFFECT.includes(field)) expect(field, "nothing", isUnset(json[field]));
  return problems;
}

const isRank = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0;
const isNumber = (value: unknown): boolean => Number.isFinite(value);

function isUnset(value: unknown): boolean {
  if (isObject(value) || Array.isArray(value)) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === false;
}

function isPattern(value: unknown, isValue: (value: unknown) => boolean): boolean {
  if (value === undefined || value === null) return true;
  return isObject(value) && Object.entries(value).every(([key, of]) => regularExpression(key) && isValue(of));
}

/** Keys are ends of module names, which peft uses as regular expressions; undefined if invalid. */
function regularExpression(key: string): RegExp | undefined {
  // Nested repetitions could take exponential time; module names do not need them.
  if (key.length > 500 || /[+*}]\)?[+*{]/.test(key)) return undefined;
  try {
    return new RegExp(`^(?:.*\\.)?(?:${key})$`);
  } catch {
    return undefined;
  }
}

/** The number of the first key that matches a module's name. */
function patternOf(value: unknown): (module: string) => number | undefined {
  const entries = Object.entries((value ?? {}) as Record<string, number>).map(
    ([key, number]) => [regularExpression(key)!, number] as const,
  );
  return (module) => entries.find(([key]) => key.test(module))?.[1];
}
