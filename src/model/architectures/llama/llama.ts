/**
 * Llama 1 to 3 (Touvron et al. 2023, arXiv:2302.13971; Grattafiori et al. 2024, arXiv:2407.21783),
 * and SmolLM2.
 */
import { llamaLike } from "./llama-like.js";
import { formatRope, parseRope } from "./rope-config.js";

export const llama = llamaLike({
  modelType: "llama",
  className: "LlamaForCausalLM",
  norms: "before",
  normOffset: 0,
  queryKeyNorms: "none",
  scaledEmbedding: false,
  activation: ["hidden_act", "silu"],
  defaults: { maxPositions: 2048, rmsNormEps: 1e-6, tieWordEmbeddings: false, kvHeads: null, headSize: null },
  own: (fields, { maxPositions }) => {
    const attentionBias = fields.boolean("attention_bias", false);
    return {
      rope: parseRope(fields, maxPositions),
      attentionBias,
      outputBias: attentionBias,
      mlpBias: fields.boolean("mlp_bias", false),
    };
  },
  formatOwn: ({ rope, attentionBias, mlpBias }) => ({
    ...formatRope(rope),
    attention_bias: attentionBias,
    mlp_bias: mlpBias,
  }),
});
