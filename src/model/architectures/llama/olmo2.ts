/**
 * OLMo 2 (OLMo et al. 2025, arXiv:2501.00656): norms after attention and MLP; norms of queries and
 * of keys over all heads together.
 */
import { llamaLike } from "./llama-like.js";
import { formatRope, parseRope } from "./rope-config.js";

export const olmo2 = llamaLike({
  modelType: "olmo2",
  className: "Olmo2ForCausalLM",
  norms: "after",
  normOffset: 0,
  queryKeyNorms: "all heads",
  scaledEmbedding: false,
  activation: ["hidden_act", "silu"],
  defaults: { maxPositions: 2048, rmsNormEps: 1e-5, tieWordEmbeddings: false, kvHeads: null, headSize: null },
  own: (fields, { maxPositions }) => {
    const attentionBias = fields.boolean("attention_bias", false);
    return { rope: parseRope(fields, maxPositions), attentionBias, outputBias: attentionBias };
  },
  formatOwn: ({ rope, attentionBias }) => ({ ...formatRope(rope), attention_bias: attentionBias }),
});
