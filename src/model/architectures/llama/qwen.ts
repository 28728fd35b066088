/**
 * Qwen 2 and 2.5 (Yang et al. 2024, arXiv:2407.10671), Qwen 3 (Yang et al. 2025, arXiv:2505.09388).
 */
import { type ConfigFields, largest } from "../config-fields.js";
import { formatWindows, type LlamaLikeConfig, type LlamaLikeFamily, listedWindows } from "./config.js";
import { llamaLike } from "./llama-like.js";
import { formatRope, parseRope } from "./rope-config.js";

const shared = {
  norms: "before",
  normOffset: 0,
  scaledEmbedding: false,
  activation: ["hidden_act", "silu"],
} as const satisfies Partial<LlamaLikeFamily>;

const defaults = { maxPositions: 32768, rmsNormEps: 1e-6, tieWordEmbeddings: false, kvHeads: 32 } as const;

/**
 * `sliding_window` is used only with `use_sliding_window`: in the blocks of `layer_types`, or in
 * those from `max_window_layers` on.
 */
function windows(fields: ConfigFields, nLayers: number): (number | null)[] {
  const given = fields.sizeOrNull("sliding_window", largest.positions, 4096);
  const window = fields.boolean("use_sliding_window", false) ? given : null;
  const first = fields.number("max_window_layers", 28);
  return listedWindows(fields, nLayers, window, (layer) => window !== null && layer >= first);
}

function formatOwn(config: LlamaLikeConfig): Record<string, unknown> {
  const slides = config.windows.some((window) => window !== null);
  return { ...formatRope(config.rope), use_sliding_window: slides, ...formatWindows(config.windows) };
}

export const qwen2 = llamaLike({
  ...shared,
  modelType: "qwen2",
  className: "Qwen2ForCausalLM",
  queryKeyNorms: "none",
  defaults: { ...defaults, headSize: null },
  own: (fields, { nLayers, maxPositions }) => ({
    rope: parseRope(fields, maxPositions),
    attentionBias: true,
    windows: windows(fields, nLayers),
  }),
  formatOwn,
});

export const qwen3 = llamaLike({
  ...shared,
  modelType: "qwen3",
  className: "Qwen3ForCausalLM",
  queryKeyNorms: "each head",
  defaults: { ...defaults, headSize: 128 },
  own: (fields, { nLayers, maxPositions }) => {
    const attentionBias = fields.boolean("attention_bias", false);
    return {
      rope: parseRope(fields, maxPositions),
      attentionBias,
      outputBias: attentionBias,
      windows: windows(fields, nLayers),
    };
  },
  formatOwn: (config) => ({ ...formatOwn(config), attention_bias: config.attentionBias }),
});
