/**
 * Encoders of the kind of BERT (Devlin et al. 2019, arXiv:1810.04805) for sequence classification, as transformers computes them: every
 * token attends to all others, norms stand after attention and MLP, and the first token is classified. A family gives its names and its
 * fields of config.json as data.
 */
import type { Graph } from "../../../graph/builder.js";
import type { Value } from "../../../graph/value.js";
import type { ParameterLookup } from "../../../runtime/parameter-inputs.js";
import { applyActivation } from "../activation.js";
import { ConfigFields } from "../config-fields.js";
import {
  attend,
  byHead,
  keysOfAllQueries,
  linear,
  linearLayout,
  matrixLayout,
  type ParameterLayout,
  splitHeads,
} from "../layers.js";
import { layerNorm, layerNormLayout } from "../norms.js";
import {
  type ClassifierArchitecture,
  type ClassifierConfig,
  type ClassifierInputs,
  parseLabels,
} from "./classifier.js";

export interface EncoderConfig extends ClassifierConfig {
  readonly dModel: number;
  readonly dMlp: number;
  readonly nLayers: number;
  readonly nHeads: number;
  readonly activation: string;
  readonly layerNormEps: number;
  /** Rows of the embedding of token types, of which a text alone has the first; 0 without one. */
  readonly tokenTypes: number;
  /** RoBERTa counts positions from the row after this token's id on, and leaves out tokens with this id. */
  readonly skippedId: number | null;
}

/** How a family spells what all of them have. */
export interface EncoderFamily {
  readonly modelType: string;
  readonly className: string;
  /** The prefix of all but the classifier. */
  readonly prefix: string;
  /** Blocks are `${prefix}.${blocks}.0`, ... */
  readonly blocks: string;
  /** Within a block. */
  readonly names: Readonly<
    Record<"query" | "key" | "value" | "attentionOut" | "attentionNorm" | "mlpIn" | "mlpOut" | "mlpNorm", string>
  >;
  /** Two layers make logits of a token's state. */
  readonly head: { readonly dense: string; readonly activation: "relu" | "tanh"; readonly out: string };
  /** What config.json says, but for the labels. */
  fields(fields: ConfigFields): Omit<EncoderConfig, "modelType" | "labels">;
  /** Field names of width and number of heads, for the error about them. */
  readonly fieldNames: { readonly width: string; readonly heads: string };
  /** Default: it has none. */
  readonly extraTensor?: ClassifierArchitecture["extraTensor"];
}

/** BERT's tokenizers cut longer texts. */
const MOST_TOKENS = 512;

function parseConfig(family: EncoderFamily, json: Readonly<Record<string, unknown>>, file: string): EncoderConfig {
  const fields = new ConfigFields(json, file);
  const config = { modelType: family.modelType, ...family.fields(fields), labels: parseLabels(fields) };
  const { dModel, nHeads } = config;
  const { width, heads } = family.fieldNames;
  // An invalid field is NaN here and is not reported twice.
  fields.expect(!(dModel % nHeads > 0), `${width} ${dModel} is not a multiple of ${heads} ${nHeads}`);
  fields.check();
  return config;
}

function layout(family: EncoderFamily, config: EncoderConfig): ParameterLayout[] {
  const { dModel, dMlp, maxPositions, skippedId } = config;
  const { prefix, names, head } = family;
  const firstPosition = skippedId === null ? 0 : skippedId + 1;
  const layers = Array.from({ length: config.nLayers }, (_, layer) => {
    const [part, at] = [`block ${layer}`, `${prefix}.${family.blocks}.${layer}`];
    const square = [names.query, names.key, names.value];
    return [
      ...square.flatMap((name) => linearLayout(part, `${at}.${name}`, dModel, dModel)),
      ...linearLayout(part, `${at}.${names.attentionOut}`, dModel, dModel, "residual"),
      ...layerNormLayout(part, `${at}.${names.attentionNorm}`, dModel),
      ...linearLayout(part, `${at}.${names.mlpIn}`, dMlp, dModel),
      ...linearLayout(part, `${at}.${names.mlpOut}`, dModel, dMlp, "residual"),
      ...layerNormLayout(part, `${at}.${names.mlpNorm}`, dModel),
    ];
  }).flat();
  const embedding = (name: string, rows: number) =>
    matrixLayout("embeddings", `${prefix}.embeddings.${name}_embeddings`, rows, dModel);
  return [
    ...embedding("word", config.vocabSize),
    ...embedding("position", firstPosition + maxPositions),
    ...(config.tokenTypes > 0 ? embedding("token_type", config.tokenTypes) : []),
    ...layerNormLayout("embeddings", `${prefix}.embeddings.LayerNorm`, dModel),
    ...layers,
    ...linearLayout("classifier", head.dense, dModel, dModel),
    ...linearLayout("classifier", head.out, config.labels.length, dModel),
  ];
}

function positions({ skippedId }: EncoderConfig, row: readonly number[]): number[] {
  if (skippedId === null) return row.map((_, position) => position);
  let seen = skippedId;
  return row.map((id) => (id === skippedId ? skippedId : ++seen));
}

/** Logits of texts [batch, labels]. */
function logits(
  { prefix, blocks, names, head }: EncoderFamily,
  g: Graph,
  config: EncoderConfig,
  parameter: ParameterLookup,
  inputs: ClassifierInputs,
): Value {
  const scale = 1 / Math.sqrt(config.dModel / config.nHeads);
  const mask = keysOfAllQueries(g, inputs.mask);
  const affine = (x: Value, name: string): Value => linear(g, parameter, x, name);
  const normed = (x: Value, name: string): Value => layerNorm(g, parameter, x, name, config.layerNormEps);

  const attention = (x: Value, at: string): Value => {
    const heads = (name: string): Value => byHead(g, splitHeads(g, affine(x, `${at}.${name}`), config.nHeads));
    const mixed = attend(g, heads(names.query), heads(names.key), heads(names.value), mask, scale);
    return affine(mixed, `${at}.${names.attentionOut}`);
  };
  const mlp = (x: Value, at: string): Value =>
    affine(applyActivation(g, config.activation, affine(x, `${at}.${names.mlpIn}`)), `${at}.${names.mlpOut}`);

  const table = (name: string): Value => parameter(`${prefix}.embeddings.${name}_embeddings.weight`);
  let stream = g.at("embeddings", () => {
    const placed = g.add(g.gather(table("word"), inputs.ids), g.gather(table("position"), inputs.positions));
    const typed = config.tokenTypes > 0 ? g.add(placed, g.slice(table("token_type"), 0, 0, 1)) : placed;
    return normed(typed, `${prefix}.embeddings.LayerNorm`);
  });
  for (let layer = 0; layer < config.nLayers; layer++) {
    const at = `${prefix}.${blocks}.${layer}`;
    stream = g.at(at, () => {
      const attended = normed(g.add(attention(stream, at), stream), `${at}.${names.attentionNorm}`);
      return normed(g.add(mlp(attended, at), attended), `${at}.${names.mlpNorm}`);
    });
  }
  return g.at("classifier", () => {
    const dense = affine(g.gather(g.flatten(stream), inputs.pooled), head.dense);
    return affine(head.activation === "relu" ? g.relu(dense) : g.tanh(dense), head.out);
  });
}

/** A classifier of what a family says of itself. */
export function encoder(family: EncoderFamily): ClassifierArchitecture<EncoderConfig> {
  return {
    modelType: family.modelType,
    className: family.className,
    mostTokens: MOST_TOKENS,
    attends: "all",
    parseConfig: (json, file) => parseConfig(family, json, file),
    layout: (config) => layout(family, config),
    positions,
    pooled: () => 0,
    logits: (g, config, parameter, inputs) => logits(family, g, config, parameter, inputs),
    extraTensor: family.extraTensor ?? (() => undefined),
  };
}
