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
import { type ParameterRole, unitsAlong } from "./parameter-role.js";

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

/** The fields that every family's configuration has. */
export interface DecoderConfig extends ModelConfig {
  /** Whether the unembedding is the embedding. */
  readonly tieWordEmbeddings: boolean;
}

/** Names of the parameters that every family has, without `.weight`. */
export interface DecoderNames {
  /** [vocab, dModel] */
  readonly embedding: string;
  /** [vocab, dModel]; not a parameter of a model with tied embeddings. */
  readonly unembedding: string;
  readonly finalNorm: string;
  /** Blocks are `${blocks}.0`, `${blocks}.1`, ... */
  readonly blocks: string;
}

type Made = "hidden" | "unembed" | "role" | "extraTensor";

/** A model family, from which `decoder` makes an architecture. */
export interface DecoderFamily<C extends DecoderConfig> extends Omit<Architecture<C>, Made> {
  readonly names: DecoderNames;
  /** @param cache returns keys and values of earlier passes; see `PassTaps` */
  pieces(g: Graph, config: C, parameter: ParameterLookup, inputs: PassInputs, cache: PassTaps["cache"]): DecoderPieces;
  /** The role of a block's parameter. @param name within the block, e.g. `mlp.c_fc.weight` */
  roleInBlock(name: string, layer: number, config: C): ParameterRole;
  /** Logits x become cap tanh(x / cap); null (default): unchanged. */
  logitCap?(config: C): number | null;
}

/** The architecture of a family. */
export function decoder<C extends DecoderConfig>(family: DecoderFamily<C>): Architecture<C> {
  const { names, pieces, roleInBlock, logitCap, ...shared } = family;
  const matrix = ({ embedding, unembedding }: DecoderNames, { tieWordEmbeddings }: C): string =>
    `${tieWordEmbeddings ? embedding : unembedding}.weight`;
  return {
    ...shared,
    role: (name, config) => {
      const [, layer, rest] = blockParameter(name, names) ?? [];
      return layer === undefined ? roleOutside(name, names) : roleInBlock(rest, Number(layer), config);
    },
    hidden: (g, config, parameter, inputs, taps = {}) =>
      blocks(g, config.nLayers, pieces(g, config, parameter, inputs, taps.cache), taps),
    unembed: (g, config, parameter, states) => {
      const logits = g.at("unembedding", () => g.linear(states, parameter(matrix(names, config))));
      const cap = logitCap?.(config) ?? null;
      return cap === null ? logits : g.scale(g.tanh(g.scale(logits, 1 / cap)), cap);
    },
    extraTensor: (name, { tieWordEmbeddings }) =>
      tieWordEmbeddings && name === `${names.unembedding}.weight` ? "copy of the embedding" : undefined,
  };
}

/** Number of the block, and name within it; null for a parameter outside of blocks. */
function blockParameter(name: string, { blocks }: DecoderNames): RegExpExecArray | null {
  return name.startsWith(`${blocks}.`) ? /^(\d+)\.(.+)$/.exec(name.slice(blocks.length + 1)) : null;
}

function roleOutside(name: string, { embedding, unembedding, finalNorm }: DecoderNames): ParameterRole {
  if (name.startsWith(`${finalNorm}.`)) return { module: "norm" };
  const units = unitsAlong("token", 0);
  if (name === `${embedding}.weight`) return { module: "embedding", units };
  if (name === `${unembedding}.weight`) return { module: "unembedding", units };
  // An embedding of positions: its rows are not tokens.
  return { module: "embedding" };
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
