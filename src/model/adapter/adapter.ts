/** A LoRA adapter's folder: its settings, and its tensors by the module that they change. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { FormatError } from "../../errors.js";
import { openTensors } from "../../io/open-tensors.js";
import { shownList } from "../../io/shown-value.js";
import type { TensorFile } from "../../io/tensor-file.js";
import { ADAPTER_CONFIG, type AdapterConfig, readAdapterConfig } from "./adapter-config.js";

/** Names of the file of an adapter's tensors; the first existing one is read. */
export const ADAPTER_WEIGHTS: readonly string[] = ["adapter_model.safetensors", "adapter_model.bin"];

/** Whether a folder is an adapter for peft and transformers, regardless of its other files. */
export function isAdapterFolder(folder: string): boolean {
  return existsSync(join(folder, ADAPTER_CONFIG));
}

/** The tensors of an adapter that change one parameter of the base model. */
export interface ParameterChange {
  /** Replaces the parameter, before anything is added. */
  replacement?: string;
  /** The pair whose product is added; `module` determines its rank and scale. */
  pair?: { a: string; b: string; readonly module: string; readonly isEmbedding: boolean };
  /** Added to a bias, with the scale of the module's pair. */
  addedBias?: { readonly name: string; readonly module: string };
}

/** An open adapter; close it after use. */
export interface Adapter {
  readonly config: AdapterConfig;
  readonly file: TensorFile;
  /** By the parameter's name as peft wraps it, e.g. `base_model.model.lm_head.weight`. */
  readonly changes: ReadonlyMap<string, Readonly<ParameterChange>>;
  close(): Promise<void>;
}

/**
 * Opens an adapter: reads its settings and the header of its tensors.
 * @throws FormatError as `readAdapterConfig`, or when the file of the tensors is missing or
 *   malformed, a tensor is of an unknown kind, or one matrix of a pair is missing
 */
export async function openAdapter(folder: string): Promise<Adapter> {
  const config = await readAdapterConfig(folder);
  const path = ADAPTER_WEIGHTS.map((name) => join(folder, name)).find((name) => existsSync(name));
  if (path === undefined)
    throw new FormatError(folder, `there is no ${ADAPTER_WEIGHTS[0]} beside ${ADAPTER_CONFIG}`, {
      help: `Save the adapter again with peft's save_pretrained; where the folder holds a whole model, take ${ADAPTER_CONFIG} out of it.`,
    });
  const file = await openTensors(path);
  try {
    return { config, file, changes: changesIn(file), close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Suffixes of peft's tensors after the module's name. */
const HALF = /^(.+)\.(?:lora_(A|B)\.weight|lora_embedding_(A|B))$/;
const ADDED_BIAS = /^(.+)\.lora_B\.bias$/;
/** Inserted by peft between the names of a module and of a parameter that is stored whole. */
const KEPT = /\.(?:base_layer|original_module|modules_to_save)\.(?=[^.]+$)/;

function changesIn({ path, tensors }: TensorFile): Map<string, ParameterChange> {
  const changes = new Map<string, ParameterChange>();
  const of = (parameter: string): ParameterChange => {
    const change = changes.get(parameter) ?? {};
    changes.set(parameter, change);
    return change;
  };
  const unknown: string[] = [];
  for (const name of tensors.keys()) {
    const half = HALF.exec(name);
    const bias = ADDED_BIAS.exec(name);
    if (half) {
      const [, prefix, ofLinear, ofEmbedding] = half;
      const change = of(`${prefix}.weight`);
      change.pair ??= { a: "", b: "", module: moduleOf(prefix), isEmbedding: ofEmbedding !== undefined };
      change.pair[(ofLinear ?? ofEmbedding) === "A" ? "a" : "b"] = name;
    } else if (bias) of(`${bias[1]}.bias`).addedBias = { name, module: moduleOf(bias[1]) };
    else if (/\b(?:lora_|token_adapter)/.test(name)) unknown.push(name);
    else of(name.replace(KEPT, ".")).replacement = name;
  }
  const halves = [...changes.values()].flatMap(({ pair }) => (pair && !(pair.a && pair.b) ? [pair.a || pair.b] : []));
  if (unknown.length > 0)
    throw new FormatError(path, `${unknown.length} tensors are of no known kind of LoRA: ${shownList(unknown)}`);
  if (halves.length > 0)
    throw new FormatError(path, `${halves.length} tensors lack their other half, A or B: ${shownList(halves)}`);
  return changes;
}

/** A module's name in the base model, without peft's two wrappers. */
function moduleOf(prefix: string): string {
  return prefix.replace(/^base_model\.model\./, "");
}
