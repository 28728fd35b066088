/** Mistral (Jiang et al. 2023, arXiv:2310.06825): the same window in all blocks, or none. */
import { largest } from "../config-fields.js";
import { windowsOf } from "./config.js";
import { llamaLike } from "./llama-like.js";
import { formatRope, parseRope } from "./rope-config.js";

export const mistral = llamaLike({
  modelType: "mistral",
  className: "MistralForCausalLM",
  norms: "before",
  normOffset: 0,
  queryKeyNorms: "none",
  scaledEmbedding: false,
  activation: ["hidden_act", "silu"],
  defaults: { maxPositions: 4096 * 32, rmsNormEps: 1e-6, tieWordEmbeddings: false, kvHeads: 8, headSize: null },
  own: (fields, { nLayers, maxPositions }) => {
    const window = fields.sizeOrNull("sliding_window", largest.positions, 4096);
    fields.expect(!fields.has("layer_types"), "layer_types: Mistral has one sliding_window for all blocks");
    return { rope: parseRope(fields, maxPositions), windows: windowsOf(nLayers, () => window) };
  },
  formatOwn: ({ rope, windows }) => ({ ...formatRope(rope), sliding_window: windows[0] }),
});
