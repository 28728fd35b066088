/** DistilBERT for sequence classification (Sanh et al. 2019, arXiv:1910.01108). */
import { knownActivations } from "../activation.js";
import { largest } from "../config-fields.js";
import { encoder } from "./encoder.js";

export const distilbert = encoder({
  modelType: "distilbert",
  className: "DistilBertForSequenceClassification",
  prefix: "distilbert",
  blocks: "transformer.layer",
  names: {
    query: "attention.q_lin",
    key: "attention.k_lin",
    value: "attention.v_lin",
    attentionOut: "attention.out_lin",
    attentionNorm: "sa_layer_norm",
    mlpIn: "ffn.lin1",
    mlpOut: "ffn.lin2",
    mlpNorm: "output_layer_norm",
  },
  head: { dense: "pre_classifier", activation: "relu", out: "classifier" },
  fieldNames: { width: "dim", heads: "n_heads" },
  fields: (fields) => ({
    maxPositions: fields.size("max_position_embeddings", largest.positions, 512),
    vocabSize: fields.size("vocab_size", largest.vocabulary),
    dModel: fields.size("dim", largest.width),
    dMlp: fields.size("hidden_dim", largest.mlp),
    nLayers: fields.size("n_layers", largest.layers),
    nHeads: fields.size("n_heads", largest.heads),
    activation: fields.oneOf("activation", knownActivations, "gelu"),
    // config.json has no field for it.
    layerNormEps: 1e-12,
    tokenTypes: 0,
    skippedId: null,
  }),
});
