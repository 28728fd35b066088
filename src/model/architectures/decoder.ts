/**
 * Decoder-only transformers: blocks that add to a residual stream, a final norm, an unembedding. A family
 * provides its pieces; the block loop with its hook points is the same for all.
 */
import type { Graph } from "../../graph/builder.js";
import type { Value } from "../../graph/value.js";
import type { ParameterLookup } from "../../runtime/parameter-inputs.js";
import { type HookSite, sameHookPoint } from "../hook-points.js";
import type { ModelConfig } from "../language-model.js";
import type { Architecture, PassInputs, PassTaps } from "./architecture.js";

/** The pieces of one forward pass. Streams, and what is added to them, are [batch, length, dModel]. */
export interface DecoderPieces {
  /** The residual stream before the first block. */
  embed(): Value;
  /** What a block's attention adds to the residual stream, its norms and output projection applied. */
  attention(stream: Value, layer: number): Value;
  /** What a block's MLP adds to the residual stream, its norms applied. */
  mlp(stream: Value, layer: number): Value;
  /** Whether the MLP reads what its block's attention reads; else it reads that with attention added. */
  readonly parallelResidual: boolean;
  /** The norm after the last block. */
  finalNorm(stream: Value): Value;
}

/** What a family provides; `decoder` makes an architecture of it. */
export interface DecoderFamily<C extends ModelConfig> extends Omit<Architecture<C>, "hidden" | "unembed"> {
  /** @param cache asked for the keys and values of earlier passes; see `PassTaps` */
  pieces(g: Graph, config: C, parameter: ParameterLookup, inputs: PassInputs, cache: PassTaps["cache"]): DecoderPieces;
  /** Name of the matrix [vocab, dModel] that makes logits: that of the embedding where the two are tied. */
  unembedding(config: C): string;
  /** Where logits are capped, x becomes cap tanh(x / cap): the cap; null where they are not. Default: they are not. */
  logitCap?(config: C): number | null;
}

/** An architecture of a family's pieces. */
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
