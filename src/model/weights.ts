/** The weights of a model folder: one or many safetensors files, compared with the parameters that they should hold. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { FormatError } from "../errors.js";
import { readJson } from "../io/atomic.js";
import { openSafetensors, type SafetensorsFile } from "../io/safetensors.js";
import type { ParameterStore } from "../runtime/parameter-store.js";
import type { TensorLayout } from "../runtime/protocol.js";
import { pickledHelp } from "./model-files.js";

const FLOAT_FORMATS: readonly string[] = ["F32", "F16", "BF16", "F64"];

/** Opened files of one model; close them after use. */
export interface Weights {
  readonly files: readonly SafetensorsFile[];
  close(): Promise<void>;
}

/**
 * Opens what holds the weights: model.safetensors, or the files that model.safetensors.index.json names.
 * @throws FormatError when there is none, or one is missing or malformed; for pickled weights it says how to convert them
 */
export async function openWeights(folder: string): Promise<Weights> {
  const entries = await readdir(folder).catch(() => [] as string[]);
  const index = "model.safetensors.index.json";
  if (entries.includes("model.safetensors")) return openFiles(folder, ["model.safetensors"]);
  if (entries.includes(index)) {
    const content = (await readJson(join(folder, index))) as { weight_map?: Record<string, string> } | null;
    const names = new Set(Object.values(content?.weight_map ?? {}));
    if (names.size === 0) throw new FormatError(join(folder, index), "expected a weight_map from tensors to files");
    return openFiles(folder, [...names].sort());
  }
  throw new FormatError(folder, "there is no model.safetensors", {
    help: pickledHelp(entries) ?? "expected a folder with config.json, model.safetensors and tokenizer.json",
  });
}

async function openFiles(folder: string, names: readonly string[]): Promise<Weights> {
  const files: SafetensorsFile[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(files.map((file) => file.close()));
  };
  try {
    for (const name of names) files.push(await openSafetensors(join(folder, name)));
  } catch (error) {
    await close();
    throw error;
  }
  return { files, close };
}

function fileOf({ files }: Weights, name: string): SafetensorsFile | undefined {
  return files.find((file) => file.tensors.has(name));
}

/** Parameters that the files lack, or hold in another shape or not as floats: one line each. */
export function weightProblems(weights: Weights, layout: readonly TensorLayout[]): string[] {
  return layout.flatMap(({ name, dims }) => {
    const tensor = fileOf(weights, name)?.tensors.get(name);
    if (!tensor) return [`${name} is missing`];
    if (!FLOAT_FORMATS.includes(tensor.dtype))
      return [`tensor ${name}: expected ${FLOAT_FORMATS.join(", ")}, received ${tensor.dtype}`];
    if (tensor.shape.join() !== dims.join())
      return [`${name} is [${tensor.shape.join(", ")}], config.json says [${dims.join(", ")}]`];
    return [];
  });
}

/**
 * The error that `weightProblems` amounts to.
 * @throws FormatError that names the first few of them
 */
export function checkWeights(weights: Weights, layout: readonly TensorLayout[]): void {
  const problems = weightProblems(weights, layout);
  if (problems.length === 0) return;
  throw new FormatError(
    weights.files[0].path,
    `${problems.length} of ${layout.length} tensors do not fit config.json: ${problems.slice(0, 5).join("; ")}`,
    { help: "config.json and the weights must come from the same model" },
  );
}

/** Fills a store with the parameters of the files, one tensor at a time. */
export async function readWeights(
  weights: Weights,
  layout: readonly TensorLayout[],
  store: ParameterStore,
): Promise<void> {
  for (const { name } of layout) await store.write(name, (await fileOf(weights, name)!.read(name)).data);
}
