/**
 * The text models of Gemma 3 (Gemma Team 2025, arXiv:2503.19786): norms before and after attention
 * and MLP, which multiply by 1 + weight; embeddings times sqrt(dModel); blocks with a window, which
 * have their own rotary base, alternate with blocks without.
 */
import { type ConfigFields, largest } from "../config-fields.js";
import { formatWindows, listedWindows } from "./config.js";
import { llamaLike } from "./llama-like.js";
import { formatRopeGroup, formatScaling, parseRopeGroup, type Rope } from "./rope-config.js";

const DEFAULT_BASE = 1_000_000;
const DEFAULT_WINDOW_BASE = 10_000;

/**
 * `rope_parameters` has two groups. The older form has two bases, and one scaling, for blocks
 * without window.
 */
function parseRopes(fields: ConfigFields, maxPositions: number): { rope: Rope; windowRope: Rope } {
  const base = fields.number("rope_theta", DEFAULT_BASE, { least: 1, most: 1e12 });
  const windowBase = fields.number("rope_local_base_freq", DEFAULT_WINDOW_BASE, { least: 1, most: 1e12 });
  const groups = fields.group("rope_parameters");
  groups.expect(
    !groups.has("rope_theta") && !groups.has("rope_type"),
    "expected groups full_attention and sliding_attention, received settings for all blocks",
  );
  const full = fields.has("rope_scaling") ? fields.group("rope_scaling") : groups.group("full_attention");
  return {
    rope: parseRopeGroup(full, groups.group("full_attention").number("rope_theta", base), maxPositions),
    windowRope: parseRopeGroup(groups.group("sliding_attention"), windowBase, maxPositions),
  };
}

export const gemma3 = llamaLike({
  modelType: "gemma3_text",
  className: "Gemma3ForCausalLM",
  norms: "around",
  normOffset: 1,
  queryKeyNorms: "each head",
  scaledEmbedding: true,
  activation: ["hidden_activation", "gelu_pytorch_tanh"],
  defaults: { maxPositions: 131072, rmsNormEps: 1e-6, tieWordEmbeddings: true, kvHeads: 4, headSize: 256 },
  own: (fields, { nLayers, maxPositions }) => {
    fields.expect(
      !fields.boolean("use_bidirectional_attention", false),
      "use_bidirectional_attention: expected false, a language model sees what came before",
    );
    fields.expect(
      !fields.has("attn_logit_softcapping"),
      "attn_logit_softcapping: expected null, since transformers does not cap the scores of Gemma 3",
    );
    const attentionBias = fields.boolean("attention_bias", false);
    const window = fields.sizeOrNull("sliding_window", largest.positions, 4096);
    const pattern = fields.size("sliding_window_pattern", largest.layers, 6);
    return {
      ...parseRopes(fields, maxPositions),
      attentionBias,
      outputBias: attentionBias,
      windows: listedWindows(fields, nLayers, window, (layer) => (layer + 1) % pattern !== 0),
      scoreScalar: fields.number("query_pre_attn_scalar", 256, { least: 1e-6, most: 1e12 }),
      logitCap: fields.has("final_logit_softcapping")
        ? fields.number("final_logit_softcapping", 1, { least: 1e-6, most: 1e12 })
        : null,
    };
  },
  formatOwn: ({ rope, windowRope, windows, attentionBias, scoreScalar, logitCap }) => ({
    rope_theta: rope.base,
    rope_local_base_freq: windowRope.base,
    rope_scaling: rope.scaling && formatScaling(rope.scaling),
    rope_parameters: { full_attention: formatRopeGroup(rope), sliding_attention: formatRopeGroup(windowRope) },
    ...formatWindows(windows),
    attention_bias: attentionBias,
    query_pre_attn_scalar: scoreScalar,
    final_logit_softcapping: logitCap,
    attn_logit_softcapping: null,
    use_bidirectional_attention: false,
  }),
});
