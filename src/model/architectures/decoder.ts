/**
 * Decoder-only transformers: blocks that add to a residual stream, a final norm, an unembedding. A
 * family provides these pieces; the loop over blocks with its hook points is shared.
 */
import type { Graph } from "../../graph/builder.js";
import type { Value } from "../../graph/value.js";
import type { ParameterLookup } from "../../runtime/parameter-inputs.js";
import { type HookSite, sameHookPoint } from "../hook-points.js";
import type { ModelConfig } from "../language-model.js";
import type { Architecture, PassInputs, PassTaps } from "./architecture.js";

/**
 * The pieces of one forward pass. The residual stream and all additions to it are
 * [batch, length, dModel].
 */
export interface DecoderPieces {
  /** The residual stream before the first block. */
  embed(): Value;
  /**
   * The attention output that is added to the residual stream, including norms and output
   * projection.
   */
  attention(stream: Value, layer: number): Value;
  /** The MLP output that is added to the residual stream, including norms. */
  mlp(stream: Value, layer: number): Value;
  /**
   * Whether the MLP reads the same input as attention; otherwise it reads the stream with attention
   * added.
   */
  readonly parallelResidual: boolean;
  /** The norm after the last block. */
  finalNorm(stream: Value): Value;
}

/** A family of models, from which `decoder` makes an architecture. */
export interface DecoderFamily<C extends ModelConfig> extends Omit<Architecture<C>, "hidden" | "unembed"> {
  /** @param cache returns keys and values of earlier passes; see `PassTaps` */
  pieces(g: Graph, config: C, parameter: ParameterLookup, inputs: PassInputs, cache: PassTaps["cache"]): DecoderPieces;
  /** Name of the unembedding matrix [vocab, dModel]: that of the embedding if the two are tied. */
  unembedding(config: C): string;
  /** Where logits are capped, x becomes cap tanh(x / cap): the cap; null where they are not. Default: they are not. */
  logitCap?(config: C): number | null;
}

/** The architecture of a family. */
export function decoder<C extends ModelConfig>(family: DecoderFamily<C>): Architecture<C> {
  const { pieces, unembedding, logitCap, ...shared } = family;
  return {
    ...shared,
    hidden: (g, config, parameter, inputs, taps = {}) =>
      blocks(g, config.nLayers, pieces(g, config, parameter, inputs, taps.cache), taps),
    unembed: (g, config, parameter, states) => {
      const logits = g.at("unembedding", () => g.linear(states, parameter(unembedding(config))));
      const cap = logitCap?.(config) ?? null;
      return cap === null ? logits : g.scale(g.tanh(g.scale(logits, 1 / cap)), cap);
    },
  };
}

function blocks(g: Graph, nLayers: number, pieces: DecoderPieces, { at, last }: PassTaps): Value {
  const tapped = (layer: number, site: HookSite, value: Value): Value => (at ? at({ layer, site }, value) : value);
  const ends = (layer: number, site: HookSite): boolean => last !== undefined && sameHookPoint(last, { layer, site });
  let stream = pieces.embed();
  for (let layer = 0; layer < nLayers; layer++) {
    const attended = tapped(layer, "attn_out", pieces.attention(stream, layer));
    if (ends(layer, "attn_out")) return attended;
    const withAttention = g.add(stream, attended);
    const mlpReads = pieces.parallelResidual ? stream : withAttention;
    const out = tapped(layer, "mlp_out", pieces.mlp(mlpReads, layer));
    if (ends(layer, "mlp_out")) return out;
    stream = tapped(layer, "resid_post", g.add(withAttention, out));
    if (ends(layer, "resid_post")) return stream;
  }
  return pieces.finalNorm(stream);
}
