/** Describes a model folder, whether or not it can be loaded. */
import { basename, join } from "node:path";
import { FormatError, RewardscopeError } from "../errors.js";
import type { HubOptions } from "../io/hub/hub.js";
import type { DType } from "../io/safetensors-header.js";
import { shown } from "../io/shown-value.js";
import { elementCount } from "../runtime/tensor.js";
import { openAdapter } from "./adapter/adapter.js";
import { mergeAdapter } from "./adapter/merge-adapter.js";
import { classifiers } from "./architectures/classifiers/classifiers.js";
import type { ParameterLayout } from "./architectures/layers.js";
import { architectures } from "./load.js";
import { locateModel } from "./resolve-model.js";
import { loadTextRows } from "./tokenizer/text-rows.js";
import { loadTokenizer } from "./tokenizer/tokenizer.js";
import { type Json, readObject } from "./tokenizer/tokenizer-file.js";
import { type ExtraTensor, type UnusedTensor, unusedTensors } from "./weight-notes.js";
import { fitWeights, openWeights, valueProblems, type Weights } from "./weights.js";

/** One file of weights. */
export interface InspectedFile {
  readonly name: string;
  /** Number of tensors per format. */
  readonly formats: Readonly<Partial<Record<DType, number>>>;
}

/** What a folder of a model holds, and what of it is used. */
export interface ModelInspection {
  readonly folder: string;
  /** All problems that prevent loading; empty if the model can be loaded. */
  readonly problems: readonly string[];
  /**
   * Notes about a model that can be loaded, such as renamed tensors or tokens without embedding.
   */
  readonly notes: readonly string[];
  /** Name of the transformers class; undefined if config.json does not have it. */
  readonly architecture?: string;
  readonly kind?: "language model" | "classifier";
  readonly files: readonly InspectedFile[];
  /** Number of parameters per part of the model, in order: embeddings, block 0, ... */
  readonly parameters: readonly { readonly part: string; readonly count: number }[];
  /** Parameters that are in no file. */
  readonly missing: readonly string[];
  /** Tensors of the files that are not parameters, and their meaning if known. */
  readonly unused: readonly UnusedTensor[];
}

/** A kind of model that can be loaded. */
interface Kind {
  readonly kind: NonNullable<ModelInspection["kind"]>;
  readonly modelType: string;
  readonly className: string;
  /** Parses a config.json: layout of the parameters and meaning of other tensors. */
  parse(json: Json, file: string): Parsed;
  loadTokenizer(folder: string): Promise<{ vocabSize: number }>;
}

interface Parsed {
  readonly vocabSize: number;
  readonly layout: readonly ParameterLayout[];
  extraTensor(name: string): ExtraTensor | undefined;
}

const languageModels: readonly Kind[] = architectures.map((architecture) => ({
  kind: "language model",
  modelType: architecture.modelType,
  className: architecture.className,
  parse: (json, file) => {
    const config = architecture.parseConfig(json, file);
    const extraTensor = (name: string) => architecture.extraTensor(name, config);
    return { vocabSize: config.vocabSize, layout: architecture.layout(config), extraTensor };
  },
  loadTokenizer,
}));

const textClassifiers: readonly Kind[] = classifiers.map((architecture) => ({
  kind: "classifier",
  modelType: architecture.modelType,
  className: architecture.className,
  parse: (json, file) => {
    const config = architecture.parseConfig(json, file);
    return { vocabSize: config.vocabSize, layout: architecture.layout(config), extraTensor: architecture.extraTensor };
  },
  loadTokenizer: loadTextRows,
}));

/**
 * Checks all files of a model and every value of its weights; a problem with one does not prevent
 * checking the others. A language model and a classifier must have a known architecture; each needs its tokenizer.
 */
export async function inspectModel(idOrFolder: string, options: HubOptions = {}): Promise<ModelInspection> {
  const { folder, adapter } = await locateModel(idOrFolder, options);
  const problems: string[] = [];
  const attempt = async <T>(work: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RewardscopeError)) throw error;
      problems.push(error.message);
      return undefined;
    }
  };
  const file = join(folder, "config.json");
  const json = await attempt(() => readObject(file));
  const kind = json && (await attempt(() => kindOf(json, file)));
  const parsed = kind && (await attempt(() => kind.parse(json, file)));
  const weights = await attempt(() => openWeights(folder));
  const change = adapter === undefined ? undefined : await attempt(() => openAdapter(adapter));
  const tokenizer = kind && (await attempt(() => kind.loadTokenizer(adapter ?? folder)));
  try {
    const fitted = parsed && weights && fitWeights(weights, parsed.layout);
    if (fitted && fitted.problems.length > 0) problems.push(...fitted.problems);
    else if (fitted) {
      const merged = change ? await attempt(() => mergeAdapter(fitted, parsed.layout, change)) : fitted;
      if (merged) problems.push(...(await valueProblems(merged)));
    }
    return {
      folder: adapter ?? folder,
      problems,
      notes: [
        ...(adapter === undefined ? [] : [`a LoRA adapter, merged into ${folder}`]),
        ...(fitted?.renamed === undefined ? [] : [fitted.renamed]),
        ...(parsed && tokenizer ? surplusTokens(tokenizer.vocabSize, parsed.vocabSize) : []),
      ],
      ...(kind ? { architecture: kind.className, kind: kind.kind } : {}),
      files: [...(weights?.files ?? []), ...(change ? [change.file] : [])].map(inspectFile),
      parameters: countByPart(parsed?.layout ?? []),
      missing: fitted?.missing ?? [],
      unused: fitted ? unusedTensors(fitted, parsed.extraTensor) : [],
    };
  } finally {
    await Promise.all([weights?.close(), change?.close()]);
  }
}

/**
 * Tokens without an embedding were mostly added later, such as one for padding; texts need not
 * contain them.
 */
function surplusTokens(tokens: number, vocabSize: number): string[] {
  if (tokens <= vocabSize) return [];
  return [
    `the tokenizer has ids up to ${tokens - 1}, vocab_size is ${vocabSize}: a text with one of the ${tokens - vocabSize} tokens from id ${vocabSize} on is refused`,
  ];
}

/** A family may be there as a language model and as a classifier; config.json says which by the name of the class. */
function kindOf({ model_type: modelType, architectures: names }: Json, file: string): Kind {
  const [name] = Array.isArray(names) ? names : [];
  const isClassifier = typeof name === "string" && name.endsWith("ForSequenceClassification");
  const kinds = isClassifier ? [...textClassifiers, ...languageModels] : [...languageModels, ...textClassifiers];
  const kind = kinds.find((one) => one.modelType === modelType);
  if (kind) return kind;
  const known = [...new Set(kinds.map((one) => one.modelType))];
  throw new FormatError(file, `model_type: expected one of ${known.join(", ")}, received ${shown(modelType)}`);
}

function inspectFile({ path, tensors }: Weights["files"][number]): InspectedFile {
  const formats: Partial<Record<DType, number>> = {};
  for (const { dtype } of tensors.values()) formats[dtype] = (formats[dtype] ?? 0) + 1;
  return { name: basename(path), formats };
}

function countByPart(layout: readonly ParameterLayout[]): { part: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { part, dims } of layout) counts.set(part, (counts.get(part) ?? 0) + elementCount(dims));
  return [...counts].map(([part, count]) => ({ part, count }));
}
