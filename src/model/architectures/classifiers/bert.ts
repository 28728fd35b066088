/** BERT (Devlin et al. 2019, arXiv:1810.04805) and RoBERTa (Liu et al. 2019, arXiv:1907.11692) for sequence classification. */
import { knownActivations } from "../activation.js";
import { type ConfigFields, largest } from "../config-fields.js";
import { type EncoderConfig, type EncoderFamily, encoder } from "./encoder.js";

const shared = {
  blocks: "encoder.layer",
  names: {
    query: "attention.self.query",
    key: "attention.self.key",
    value: "attention.self.value",
    attentionOut: "attention.output.dense",
    attentionNorm: "attention.output.LayerNorm",
    mlpIn: "intermediate.dense",
    mlpOut: "output.dense",
    mlpNorm: "output.LayerNorm",
  },
  fieldNames: { width: "hidden_size", heads: "num_attention_heads" },
} as const satisfies Partial<EncoderFamily>;

function sharedFields(fields: ConfigFields): Omit<EncoderConfig, "modelType" | "labels" | "skippedId"> {
  fields.expect(!fields.has("quantization_config"), "quantization_config: quantised weights are not supported");
  fields.expect(!fields.boolean("is_decoder", false), "is_decoder: expected false");
  // Earlier versions of transformers had others, which few models use.
  fields.oneOf("position_embedding_type", ["absolute"], "absolute");
  return {
    vocabSize: fields.size("vocab_size", largest.vocabulary),
    dModel: fields.size("hidden_size", largest.width, 768),
    dMlp: fields.size("intermediate_size", largest.mlp, 3072),
    nLayers: fields.size("num_hidden_layers", largest.layers, 12),
    nHeads: fields.size("num_attention_heads", largest.heads, 12),
    maxPositions: fields.size("max_position_embeddings", largest.positions, 512),
    activation: fields.oneOf("hidden_act", knownActivations, "gelu"),
    layerNormEps: fields.number("layer_norm_eps", 1e-12, { least: 0, most: 1 }),
    tokenTypes: fields.size("type_vocab_size", largest.classes, 2),
  };
}

export const bert = encoder({
  ...shared,
  modelType: "bert",
  className: "BertForSequenceClassification",
  prefix: "bert",
  head: { dense: "bert.pooler.dense", activation: "tanh", out: "classifier" },
  fields: (fields) => ({ ...sharedFields(fields), skippedId: null }),
});

export const roberta = encoder({
  ...shared,
  modelType: "roberta",
  className: "RobertaForSequenceClassification",
  prefix: "roberta",
  head: { dense: "classifier.dense", activation: "tanh", out: "classifier.out_proj" },
  fields: (fields) => {
    const read = sharedFields(fields);
    const skippedId = fields.tokenId("pad_token_id") ?? 1;
    // Positions begin behind the row of padding.
    const maxPositions = read.maxPositions - skippedId - 1;
    fields.expect(
      !(maxPositions < 1),
      `max_position_embeddings: expected more than pad_token_id ${skippedId} + 1, received ${read.maxPositions}`,
    );
    return { ...read, maxPositions, skippedId };
  },
  // Its pooler belongs to the model that it was made of.
  extraTensor: (name) => (name.startsWith("roberta.pooler.") ? "pooler" : undefined),
});
