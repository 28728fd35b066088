/** The weights of a model folder: one or several files, compared with the expected parameters. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { FormatError } from "../errors.js";
import { readFinite } from "../io/finite-tensor.js";
import { FLOAT_FORMATS } from "../io/float-values.js";
import { openTensors } from "../io/open-tensors.js";
import type { DType } from "../io/safetensors-header.js";
import { shownList } from "../io/shown-value.js";
import type { TensorFile } from "../io/tensor-file.js";
import type { ParameterStore } from "../runtime/parameter-store.js";
import type { ParameterLayout } from "./architectures/layers.js";
import { MERGE_HELP, otherWeightsHelp, WEIGHT_FILES } from "./model-files.js";
import { checkShards, readShardIndex } from "./shard-index.js";
import { isAdapterTensor, matchNames } from "./weight-names.js";

/** Opened files of one model; close them after use. */
export interface Weights {
  readonly files: readonly TensorFile[];
  close(): Promise<void>;
}

/**
 * Opens the files of the weights: model.safetensors, or the files of model.safetensors.index.json;
 * or else pytorch_model.bin, or the files of its index.
 * @throws FormatError when there are none, one is missing or malformed, or the index does not match
 *   the files
 */
export async function openWeights(folder: string): Promise<Weights> {
  const entries = await readdir(folder).catch(() => [] as string[]);
  for (const { file, index } of WEIGHT_FILES) {
    if (entries.includes(file)) return openFiles(folder, [file]);
    if (entries.includes(index)) return openShards(folder, index);
  }
  throw new FormatError(folder, `there is no ${WEIGHT_FILES[0].file}`, {
    help: otherWeightsHelp(entries) ?? "expected a folder with config.json, model.safetensors and tokenizer.json",
  });
}

async function openShards(folder: string, indexName: string): Promise<Weights> {
  const path = join(folder, indexName);
  const index = await readShardIndex(folder, indexName);
  const names = [...new Set(index.values())].sort();
  const missing = names.filter((name) => !existsSync(join(folder, name)));
  if (missing.length > 0)
    throw new FormatError(path, `${missing.length} of ${names.length} files are not there: ${shownList(missing)}`, {
      help: "Fetch the missing files into the same folder.",
    });
  const weights = await openFiles(folder, names);
  try {
    checkShards(path, index, new Map(names.map((name, i) => [name, weights.files[i]])));
  } catch (error) {
    await weights.close();
    throw error;
  }
  return weights;
}

async function openFiles(folder: string, names: readonly string[]): Promise<Weights> {
  const files: TensorFile[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(files.map((file) => file.close()));
  };
  try {
    for (const name of names) files.push(await openTensors(join(folder, name)));
  } catch (error) {
    await close();
    throw error;
  }
  return { files, close };
}

/** The file and name of a parameter. */
export interface StoredParameter {
  readonly file: Omit<TensorFile, "close">;
  /** Its name in the file. */
  readonly name: string;
}

/** Weights matched to the expected parameters. */
export interface FittedWeights {
  /** By the parameter's name. */
  readonly parameters: ReadonlyMap<string, StoredParameter>;
  /** Problems that prevent loading, one line per kind. */
  readonly problems: readonly string[];
  /** Advice about the problems, if any. */
  readonly help?: string;
  /** Parameters that are in no file. */
  readonly missing: readonly string[];
  /** Tensors that are no parameters; `as`: the name without wrappers. */
  readonly unused: readonly { readonly name: string; readonly as: string; readonly dtype: DType }[];
  /** How the names in the files were changed, in words; undefined if unchanged. */
  readonly renamed?: string;
}

/** Finds the tensor of every parameter, and all mismatches. Reads only headers. */
export function fitWeights({ files }: Weights, layout: readonly ParameterLayout[]): FittedWeights {
  const fileOf = new Map(files.flatMap((file) => [...file.tensors.keys()].map((name) => [name, file] as const)));
  const names = [...fileOf.keys()];
  const match = matchNames(
    names,
    layout.map(({ name }) => name),
  );
  const parameters = new Map<string, StoredParameter>();
  for (const [parameter, [name]] of match.tensors) parameters.set(parameter, { file: fileOf.get(name)!, name });
  const used = new Set([...match.tensors.values()].flat());
  const unused = names
    .filter((name) => !used.has(name))
    .map((name) => ({ name, as: match.nameOf(name), dtype: fileOf.get(name)!.tensors.get(name)!.dtype }));
  const adapters = names.filter(isAdapterTensor);
  const missing = layout.filter(({ name }) => !parameters.has(name));
  const fitted = { parameters, missing: missing.map(({ name }) => name), unused, renamed: match.change };
  if (adapters.length > 0)
    return {
      ...fitted,
      problems: [`${adapters.length} of ${names.length} tensors are of a LoRA adapter: ${shownList(adapters)}`],
      help: MERGE_HELP,
    };
  const ambiguous = [...match.tensors].filter(([, tensors]) => tensors.length > 1);
  const problems = [
    ...missingProblem(layout, missing, names),
    ...ambiguous.map(([name, tensors]) => `${name} is there ${tensors.length} times: ${shownList(tensors)}`),
    ...layout.flatMap(({ name, dims }) => unfit(name, dims, parameters.get(name))),
  ];
  return {
    ...fitted,
    problems: problems.length > 5 ? [...problems.slice(0, 5), `and ${problems.length - 5} more tensors`] : problems,
    help: problems.length > 0 ? "config.json and the weights must come from the same model" : undefined,
  };
}

function missingProblem(
  layout: readonly ParameterLayout[],
  missing: readonly ParameterLayout[],
  names: readonly string[],
): string[] {
  if (missing.length === 0) return [];
  const blocksOf = (of: readonly ParameterLayout[]): Set<string> =>
    new Set(of.map(({ part }) => part).filter((part) => part.startsWith("block ")));
  const lost = new Set(missing);
  const found = blocksOf(layout.filter((parameter) => !lost.has(parameter)));
  const blocks = blocksOf(layout).size;
  const count = `${missing.length} of ${layout.length} tensors are missing: ${shownList(missing.map(({ name }) => name))}`;
  if (missing.length === layout.length) return [`${count}; the file has ${shownList(names) || "none"}`];
  return [found.size < blocks ? `${count}; the file has ${found.size} of ${blocks} blocks` : count];
}

/**
 * The problem of a parameter's tensor; undefined for a missing one, which is reported elsewhere.
 */
function unfit(name: string, dims: readonly number[], stored: StoredParameter | undefined): string[] {
  const tensor = stored?.file.tensors.get(stored.name);
  if (!tensor) return [];
  const { dtype, shape } = tensor;
  if (!FLOAT_FORMATS.includes(dtype))
    return [`tensor ${name}: expected ${FLOAT_FORMATS.join(", ")}, received ${dtype}`];
  if (shape.join() !== dims.join()) return [`${name} is [${shape.join(", ")}], config.json says [${dims.join(", ")}]`];
  return [];
}

/**
 * The tensors of all parameters, checked before memory is allocated for them.
 * @throws FormatError when tensors are missing, of another shape or not floats; it names the first
 *   few and their number
 */
export function checkWeights(weights: Weights, layout: readonly ParameterLayout[]): FittedWeights {
  const fitted = fitWeights(weights, layout);
  const { problems, help } = fitted;
  if (problems.length > 0)
    throw new FormatError(weights.files[0].path, `does not fit config.json: ${problems.join("; ")}`, { help });
  return fitted;
}

/**
 * Fills a store with the parameters of the files, one tensor in memory at a time.
 * @throws FormatError that names the first tensor with a value that is NaN or infinite
 */
export async function readWeights({ parameters }: FittedWeights, store: ParameterStore): Promise<void> {
  for (const [parameter, { file, name }] of parameters)
    await store.write(parameter, (await readFinite(file, name)).data);
}

/**
 * Problems of the values that `readWeights` would report: one line for each of the first few
 * tensors.
 */
export async function valueProblems({ parameters }: FittedWeights): Promise<string[]> {
  const problems: string[] = [];
  for (const { file, name } of parameters.values()) {
    if (problems.length === 3) return [...problems, "and perhaps others"];
    try {
      await readFinite(file, name);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      problems.push(error.message);
    }
  }
  return problems;
}
