/**
 * DistilBERT for sequence classification (Sanh et al. 2019, arXiv:1910.01108), as transformers
 * computes it.
 */
import type { Graph } from "../../graph/builder.js";
import type { Value } from "../../graph/value.js";
import { isObject } from "../../io/json-object.js";
import { shown } from "../../io/shown-value.js";
import type { ParameterLookup } from "../../runtime/parameter-inputs.js";
import { applyActivation, knownActivations } from "./activation.js";
import { ConfigFields, largest } from "./config-fields.js";
import {
  attend,
  byHead,
  keysOfAllQueries,
  linear,
  linearLayout,
  matrixLayout,
  type ParameterLayout,
  splitHeads,
} from "./layers.js";
import { layerNorm, layerNormLayout } from "./norms.js";

/** Epsilon of every layer norm; config.json has no field for it. */
const NORM_EPSILON = 1e-12;

export interface DistilbertConfig {
  readonly modelType: "distilbert";
  readonly vocabSize: number;
  readonly dModel: number;
  readonly dMlp: number;
  readonly nLayers: number;
  readonly nHeads: number;
  readonly maxPositions: number;
  readonly activation: string;
  /** Names of the classes, in the order of the logits. */
  readonly labels: readonly string[];
}

/** Inputs of a pass over texts that are padded on the right. */
export interface ClassifierInputs {
  /** int64 [batch, length] */
  readonly ids: Value;
  /** int64 [length]: 0, 1, 2, ... */
  readonly positions: Value;
  /** float [batch, length]: 0 for a token, a large negative number for padding */
  readonly keyMask: Value;
  /** int64 [batch]: index of each text's first token among the batch's tokens [batch * length] */
  readonly first: Value;
}

function parseConfig(json: Readonly<Record<string, unknown>>, file: string): DistilbertConfig {
  const fields = new ConfigFields(json, file);
  const config: DistilbertConfig = {
    modelType: "distilbert",
    vocabSize: fields.size("vocab_size", largest.vocabulary),
    dModel: fields.size("dim", largest.width),
    dMlp: fields.size("hidden_dim", largest.mlp),
    nLayers: fields.size("n_layers", largest.layers),
    nHeads: fields.size("n_heads", largest.heads),
    maxPositions: fields.size("max_position_embeddings", largest.positions, 512),
    activation: fields.oneOf("activation", knownActivations, "gelu"),
    labels: parseLabels(fields),
  };
  const { dModel, nHeads } = config;
  // An invalid field is NaN here and is not reported twice.
  fields.expect(!(dModel % nHeads > 0), `dim ${dModel} is not a multiple of n_heads ${nHeads}`);
  fields.check();
  return config;
}

/** `id2label`, or as many labels as `num_labels` (default 2, as in transformers). */
function parseLabels(fields: ConfigFields): string[] {
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

function layout(config: DistilbertConfig): ParameterLayout[] {
  const { dModel, dMlp } = config;
  const layers = Array.from({ length: config.nLayers }, (_, layer) => {
    const [part, at] = [`block ${layer}`, `distilbert.transformer.layer.${layer}`];
    return [
      ...["q_lin", "k_lin", "v_lin"].flatMap((name) => linearLayout(part, `${at}.attention.${name}`, dModel, dModel)),
      ...linearLayout(part, `${at}.attention.out_lin`, dModel, dModel, "residual"),
      ...layerNormLayout(part, `${at}.sa_layer_norm`, dModel),
      ...linearLayout(part, `${at}.ffn.lin1`, dMlp, dModel),
      ...linearLayout(part, `${at}.ffn.lin2`, dModel, dMlp, "residual"),
      ...layerNormLayout(part, `${at}.output_layer_norm`, dModel),
    ];
  }).flat();
  const embeddings = "distilbert.embeddings";
  return [
    ...matrixLayout("embeddings", `${embeddings}.word_embeddings`, config.vocabSize, dModel),
    ...matrixLayout("embeddings", `${embeddings}.position_embeddings`, config.maxPositions, dModel),
    ...layerNormLayout("embeddings", `${embeddings}.LayerNorm`, dModel),
    ...layers,
    ...linearLayout("classifier", "pre_classifier", dModel, dModel),
    ...linearLayout("classifier", "classifier", config.labels.length, dModel),
  ];
}

/** Logits of texts [batch, labels]. */
function logits(g: Graph, config: DistilbertConfig, parameter: ParameterLookup, inputs: ClassifierInputs): Value {
  const scale = 1 / Math.sqrt(config.dModel / config.nHeads);
  const mask = keysOfAllQueries(g, inputs.keyMask);
  const affine = (x: Value, name: string): Value => linear(g, parameter, x, name);
  const normed = (x: Value, name: string): Value => layerNorm(g, parameter, x, name, NORM_EPSILON);

  const attention = (x: Value, name: string): Value => {
    const heads = (part: string): Value => byHead(g, splitHeads(g, affine(x, `${name}.${part}`), config.nHeads));
    return affine(attend(g, heads("q_lin"), heads("k_lin"), heads("v_lin"), mask, scale), `${name}.out_lin`);
  };
  const mlp = (x: Value, name: string): Value =>
    affine(applyActivation(g, config.activation, affine(x, `${name}.lin1`)), `${name}.lin2`);

  const embed = (name: string, indices: Value): Value =>
    g.gather(parameter(`distilbert.embeddings.${name}_embeddings.weight`), indices);
  let stream = g.at("embeddings", () =>
    normed(g.add(embed("word", inputs.ids), embed("position", inputs.positions)), "distilbert.embeddings.LayerNorm"),
  );
  for (let layer = 0; layer < config.nLayers; layer++) {
    const at = `distilbert.transformer.layer.${layer}`;
    stream = g.at(at, () => {
      const attended = normed(g.add(attention(stream, `${at}.attention`), stream), `${at}.sa_layer_norm`);
      return normed(g.add(mlp(attended, `${at}.ffn`), attended), `${at}.output_layer_norm`);
    });
  }
  return g.at("classifier", () => {
    const first = g.gather(g.flatten(stream), inputs.first);
    return affine(g.relu(affine(first, "pre_classifier")), "classifier");
  });
}

/** The classifier architecture; DistilBERT is the only one. */
export const distilbert = {
  modelType: "distilbert",
  className: "DistilBertForSequenceClassification",
  parseConfig,
  layout,
  logits,
  extraTensor: (name: string): "buffer" | undefined =>
    name === "distilbert.embeddings.position_ids" ? "buffer" : undefined,
} as const;
