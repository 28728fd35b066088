/** The interface of a classifier of texts: classes from config.json, parameters, and logits as a graph. */
import type { Graph } from "../../../graph/builder.js";
import type { Value } from "../../../graph/value.js";
import { isObject } from "../../../io/json-object.js";
import { shown } from "../../../io/shown-value.js";
import type { ParameterLookup } from "../../../runtime/parameter-inputs.js";
import { type ConfigFields, largest } from "../config-fields.js";
import type { ParameterLayout } from "../layers.js";

export interface ClassifierConfig {
  readonly modelType: string;
  readonly vocabSize: number;
  /** Maximal number of tokens of a text. */
  readonly maxPositions: number;
  /** Names of the classes, in the order of the logits. */
  readonly labels: readonly string[];
}

/** Inputs of a pass over texts that are padded on the right. */
export interface ClassifierInputs {
  /** int64 [batch, length] */
  readonly ids: Value;
  /** float, 0 where attention is allowed and a large negative number elsewhere; its form as `attends` says */
  readonly mask: Value;
  /** int64 [batch, length], as `positions` of the architecture gives them */
  readonly positions: Value;
  /** int64 [batch]: index of each text's token that is classified, among the batch's tokens [batch * length] */
  readonly pooled: Value;
}

export interface ClassifierArchitecture<C extends ClassifierConfig = ClassifierConfig> {
  /** `model_type` of config.json */
  readonly modelType: string;
  /** `architectures[0]` of config.json */
  readonly className: string;
  /** Maximal number of tokens that are read of a text, where the model has more positions. */
  readonly mostTokens: number;
  parseConfig(json: Readonly<Record<string, unknown>>, file: string): C;
  /**
   * What a token attends to: all tokens of its text, by a mask of keys [batch, length], or those up to itself, by one
   * of queries and keys [length, length], since padding stands behind all tokens.
   */
  readonly attends: "all" | "earlier";
  /** Names and sizes of all parameters. */
  layout(config: C): ParameterLayout[];
  /** The position of every token of a text. */
  positions(config: C, row: readonly number[]): number[];
  /** Index of the token of a text whose state is classified. */
  pooled(config: C, row: readonly number[]): number;
  /** Declares the inputs that it needs; logits of texts [batch, labels]. */
  logits(g: Graph, config: C, parameter: ParameterLookup, inputs: ClassifierInputs): Value;
  /** The kind of a tensor in a checkpoint that is not a parameter; undefined if the architecture does not know it. */
  extraTensor(name: string): "pooler" | "unembedding" | undefined;
}

/** `id2label`, or as many labels as `num_labels` (default 2, as in transformers). */
export function parseLabels(fields: ConfigFields): string[] {
  const names = fields.raw("id2label");
  if (names === undefined) {
    const count = fields.size("num_labels", largest.classes, 2) || 0;
    return Array.from({ length: count }, (_, id) => `LABEL_${id}`);
  }
  const byId = isObject(names) ? names : {};
  const labels = Object.keys(byId).map((_, id) => byId[id]);
  const isComplete = labels.length > 0 && labels.every((label) => typeof label === "string");
  fields.expect(isComplete, `id2label: expected the name of each class 0, 1, ..., received ${shown(names)}`);
  return labels as string[];
}
