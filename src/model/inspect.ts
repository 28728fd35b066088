/** What a model folder holds, whether or not it can be loaded. */
import { basename, join } from "node:path";
import { FormatError, RewardscopeError } from "../errors.js";
import type { HubOptions } from "../io/hub/hub.js";
import type { DType } from "../io/safetensors-header.js";
import { elementCount } from "../runtime/tensor.js";
import { distilbert } from "./architectures/distilbert.js";
import type { ParameterLayout } from "./architectures/layers.js";
import { architectures } from "./load.js";
import { resolveModel } from "./resolve-model.js";
import { loadTokenizer } from "./tokenizer/tokenizer.js";
import { readObject } from "./tokenizer/tokenizer-file.js";
import { loadWordPiece } from "./tokenizer/word-piece.js";
import { openWeights, type Weights, weightProblems } from "./weights.js";

/** One file of weights. */
export interface InspectedFile {
  readonly name: string;
  /** How many tensors are stored in each format. */
  readonly formats: Readonly<Partial<Record<DType, number>>>;
}

export interface ModelInspection {
  readonly folder: string;
  /** All that keeps the folder from being loaded; none: it can be. */
  readonly problems: readonly string[];
  /** Class that transformers loads it with; undefined where config.json does not say so. */
  readonly architecture?: string;
  readonly kind?: "language model" | "classifier";
  readonly files: readonly InspectedFile[];
  /** Parameters by part of the model, in order: embeddings, block 0, ... */
  readonly parameters: readonly { readonly part: string; readonly count: number }[];
  /** Parameters that no file has. */
  readonly missing: readonly string[];
  /** Tensors of the files that are no parameters, and what they are where that is known. */
  readonly unused: readonly { readonly name: string; readonly what?: "buffer" | "copy of the embedding" }[];
}

/** The kinds of model that can be loaded, by their `model_type`. */
interface Kind {
  readonly kind: NonNullable<ModelInspection["kind"]>;
  readonly className: string;
  /** Layout and meaning of other tensors under a config.json. */
  parse(json: Readonly<Record<string, unknown>>, file: string): Parsed;
  loadTokenizer(folder: string): Promise<{ vocabSize: number }>;
}

interface Parsed {
  readonly vocabSize: number;
  readonly layout: readonly ParameterLayout[];
  extraTensor(name: string): "buffer" | "copy of the embedding" | undefined;
}

const kinds = new Map<unknown, Kind>();
for (const architecture of architectures)
  kinds.set(architecture.modelType, {
    kind: "language model",
    className: architecture.className,
    parse: (json, file) => {
      const config = architecture.parseConfig(json, file);
      const extraTensor = (name: string) => architecture.extraTensor(name, config);
      return { vocabSize: config.vocabSize, layout: architecture.layout(config), extraTensor };
    },
    loadTokenizer,
  });
kinds.set(distilbert.modelType, {
  kind: "classifier",
  className: distilbert.className,
  parse: (json, file) => {
    const config = distilbert.parseConfig(json, file);
    return { vocabSize: config.vocabSize, layout: distilbert.layout(config), extraTensor: distilbert.extraTensor };
  },
  loadTokenizer: loadWordPiece,
});

/**
 * Looks at all files of a model: nothing that is wrong with one keeps it from looking at the others. A language model must be
 * of a known causal architecture, a classifier a DistilBERT for sequence classification; each needs its tokenizer.
 */
export async function inspectModel(idOrFolder: string, options: HubOptions = {}): Promise<ModelInspection> {
  const folder = await resolveModel(idOrFolder, options);
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
  const tokenizer = kind && (await attempt(() => kind.loadTokenizer(folder)));
  if (parsed && tokenizer && tokenizer.vocabSize > parsed.vocabSize)
    problems.push(`${file}: vocab_size ${parsed.vocabSize}: the tokenizer has ${tokenizer.vocabSize} tokens`);
  try {
    if (parsed && weights) problems.push(...weightProblems(weights, parsed.layout));
    const names = (weights?.files ?? []).flatMap((opened) => [...opened.tensors.keys()]);
    const wanted = new Set(parsed?.layout.map(({ name }) => name));
    return {
      folder,
      problems,
      ...(kind ? { architecture: kind.className, kind: kind.kind } : {}),
      files: (weights?.files ?? []).map(inspectFile),
      parameters: countByPart(parsed?.layout ?? []),
      missing: weights ? [...wanted].filter((name) => !names.includes(name)) : [],
      unused: parsed
        ? names.filter((name) => !wanted.has(name)).map((name) => ({ name, what: parsed.extraTensor(name) }))
        : [],
    };
  } finally {
    await weights?.close();
  }
}

function kindOf(json: Readonly<Record<string, unknown>>, file: string): Kind {
  const kind = kinds.get(json.model_type);
  if (kind) return kind;
  const received = JSON.stringify(json.model_type) ?? "nothing";
  throw new FormatError(file, `model_type: expected one of ${[...kinds.keys()].join(", ")}, received ${received}`);
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
