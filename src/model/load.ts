/**
 * Loads and saves models as folders in the Hub's layout: config.json and one or several safetensors
 * files.
 */
import { join } from "node:path";
import { FormatError } from "../errors.js";
import { jsonText, writeFileAtomic } from "../io/atomic.js";
import type { HubOptions } from "../io/hub/hub.js";
import { writeSafetensors } from "../io/safetensors.js";
import { shown } from "../io/shown-value.js";
import type { Rng } from "../rng.js";
import { type Engine, sharedEngine } from "../runtime/engine.js";
import { elementCount } from "../runtime/tensor.js";
import { openAdapter } from "./adapter/adapter.js";
import { mergeAdapter } from "./adapter/merge-adapter.js";
import type { Architecture } from "./architectures/architecture.js";
import { gptNeo } from "./architectures/gpt-neo.js";
import { gptNeox } from "./architectures/gpt-neox.js";
import { gpt2 } from "./architectures/gpt2.js";
import { gemma3 } from "./architectures/llama/gemma3.js";
import { llama } from "./architectures/llama/llama.js";
import { mistral } from "./architectures/llama/mistral.js";
import { olmo2 } from "./architectures/llama/olmo2.js";
import { qwen2, qwen3 } from "./architectures/llama/qwen.js";
import { CausalLm } from "./causal-lm.js";
import { withGenerationConfig, writeGenerationConfig } from "./generation-config.js";
import type { ModelConfig } from "./language-model.js";
import { type AdapterOptions, locateModel, type ModelFolders } from "./resolve-model.js";
import { readObject } from "./tokenizer/tokenizer-file.js";
import { weightNotes } from "./weight-notes.js";
import { checkWeights, type FittedWeights, openWeights, readWeights } from "./weights.js";

/** Causal architectures by `model_type`. Each accepts the config of its own `parseConfig`. */
export const architectures: readonly Architecture[] = [
  gptNeox,
  gptNeo,
  gpt2,
  llama,
  qwen2,
  qwen3,
  mistral,
  olmo2,
  gemma3,
];

/** How a model is loaded. */
export interface LoadOptions {
  /** Whether the store has gradients and optimiser state. Default false. */
  readonly trainable?: boolean;
  /** Default: the engine that the process shares. */
  readonly engine?: Engine;
}

/**
 * The configuration of a folder: config.json, and generation_config.json if it exists.
 * @throws FormatError when config.json is missing, malformed, or of an unknown architecture, or
 *   when generation_config.json is malformed
 */
export async function loadModelConfig(folder: string): Promise<{ architecture: Architecture; config: ModelConfig }> {
  const file = join(folder, "config.json");
  const { architecture, config } = parseModelConfig(await readObject(file), file);
  return { architecture, config: await withGenerationConfig(folder, config) };
}

/**
 * The configuration in a config.json.
 * @param file named in errors
 * @throws FormatError when it is malformed, or of an unknown architecture
 */
export function parseModelConfig(
  fields: Readonly<Record<string, unknown>>,
  file: string,
): { architecture: Architecture; config: ModelConfig } {
  const architecture = architectures.find(({ modelType }) => modelType === fields.model_type);
  if (!architecture)
    throw new FormatError(
      file,
      `model_type: expected one of ${architectures.map(({ modelType }) => modelType).join(", ")}, received ${shown(fields.model_type)}`,
    );
  return { architecture, config: architecture.parseConfig(fields, file) };
}

/** A model's files, opened and compared with its configuration; close them after use. */
export interface OpenedModel {
  readonly architecture: Architecture;
  readonly config: ModelConfig;
  /** With an adapter merged, if the model is one. */
  readonly weights: FittedWeights;
  close(): Promise<void>;
}

/**
 * Opens the files of a model and reads the headers of its weights.
 * @throws FormatError as `loadModel`, except for the values of the weights
 */
export async function openModel({ folder, adapter }: ModelFolders): Promise<OpenedModel> {
  const { architecture, config } = await loadModelConfig(folder);
  const layout = architecture.layout(config);
  const opened: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((files) => files.close()));
  };
  try {
    const files = await openWeights(folder);
    opened.push(files);
    const base = checkWeights(files, layout);
    if (adapter === undefined) return { architecture, config, weights: base, close };
    const change = await openAdapter(adapter);
    opened.push(change);
    return { architecture, config, weights: mergeAdapter(base, layout, change), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Loads a causal language model: `embedded`, a local folder in the Hub's layout, or an id on the
 * Hub (`owner/name` or `owner/name@revision`), whose files are downloaded into the Hub's cache. A
 * LoRA adapter is merged into its base model. Weights may be F32, F16 or BF16, in one file or
 * several; they are kept in single precision.
 * @throws FormatError that names the file and the tensor that is missing, of another shape, or not
 *   finite; otherwise as `locateModel`
 */
export async function loadModel(
  idOrFolder: string,
  options: LoadOptions & AdapterOptions & HubOptions = {},
): Promise<CausalLm> {
  const opened = await openModel(await locateModel(idOrFolder, { ...options, parts: ["weights"] }));
  try {
    return await readModel(opened, options);
  } finally {
    await opened.close();
  }
}

/**
 * A model with the weights of opened files, which stay open.
 * @throws FormatError as `loadModel`, for the values of the weights
 */
export async function readModel(
  { architecture, config, weights }: OpenedModel,
  options: LoadOptions = {},
): Promise<CausalLm> {
  const model = await createModel(architecture, config, options);
  try {
    await readWeights(weights, model.store);
  } catch (error) {
    await model.dispose();
    throw error;
  }
  return model;
}

/**
 * Checks quickly whether a language model can be loaded, from config.json and the headers of its
 * weights.
 * @returns notes about its weights, one line each
 * @throws FormatError as `loadModel`, except for the values of the weights
 */
export async function checkModel(idOrFolder: string, options: AdapterOptions & HubOptions = {}): Promise<string[]> {
  const folders = await locateModel(idOrFolder, { ...options, parts: ["weights"] });
  const { architecture, config, weights, close } = await openModel(folders);
  await close();
  return [
    ...(folders.adapter === undefined ? [] : [`is a LoRA adapter, merged into ${folders.folder}`]),
    ...weightNotes(weights, (name) => architecture.extraTensor(name, config)),
  ];
}

/** A model whose parameters are all zero. */
export async function createModel(
  architecture: Architecture,
  config: ModelConfig,
  options: LoadOptions = {},
): Promise<CausalLm> {
  const engine = options.engine ?? sharedEngine();
  const store = await engine.createStore(architecture.layout(config), { trainable: options.trainable });
  return new CausalLm(engine, architecture, config, store);
}

/**
 * A model with random parameters, initialised as in transformers: normal with `initializerRange`
 * for matrices, 1 and 0 for norms and biases. Projections that write to the residual stream are
 * scaled by 1 / sqrt(2 layers) (GPT-2).
 */
export async function initialiseModel(
  architecture: Architecture,
  config: ModelConfig & { initializerRange: number },
  rng: Rng,
  options: LoadOptions = {},
): Promise<CausalLm> {
  const model = await createModel(architecture, config, options);
  for (const { name, dims, start } of architecture.layout(config)) {
    const data = new Float32Array(elementCount(dims));
    const scale = config.initializerRange / (start === "residual" ? Math.sqrt(2 * config.nLayers) : 1);
    if (start === "ones") data.fill(1);
    else if (start !== "zeros") for (let i = 0; i < data.length; i++) data[i] = scale * rng.normal();
    await model.store.write(name, data);
  }
  return model;
}

/** A copy of a model with its own store. */
export async function copyModel(model: CausalLm, { trainable = false } = {}): Promise<CausalLm> {
  const copy = await createModel(model.architecture, model.config, { engine: model.engine, trainable });
  await copy.store.copyFrom(model.store);
  return copy;
}

/**
 * Writes config.json, generation_config.json and model.safetensors, which transformers can load.
 * @param dtype format of the stored weights; F16 halves the file
 */
export async function saveModel(
  model: CausalLm,
  folder: string,
  { dtype = "F32" }: { dtype?: "F32" | "F16" | "BF16" } = {},
): Promise<void> {
  const tensors = await Promise.all(
    model.parameterNames.map(async (name) => [name, { ...(await model.parameter(name)), dtype }] as const),
  );
  await writeSafetensors(join(folder, "model.safetensors"), Object.fromEntries(tensors));
  const torchType = { F32: "float32", F16: "float16", BF16: "bfloat16" }[dtype];
  const config = { ...model.architecture.formatConfig(model.config), torch_dtype: torchType, dtype: torchType };
  await writeFileAtomic(join(folder, "config.json"), withPoints(jsonText(config)));
  await writeGenerationConfig(folder, model.config);
}

/** config.json with 3.0 instead of 3 where transformers 5 rejects integers. */
function withPoints(json: string): string {
  return json.replace(/("(?:\w+_eps|\w+_epsilon|initializer_range|final_logit_softcapping)": -?\d+)(?=,?\n)/g, "$1.0");
}
