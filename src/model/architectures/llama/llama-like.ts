/**
 * Decoders like Llama (Touvron et al. 2023, arXiv:2302.13971), as in transformers: root-mean-square
 * norms, a gated MLP (Shazeer 2020, arXiv:2002.05202), rotary positions, grouped-query attention.
 * A family states its differences as data; `llamaLike` makes an architecture of them.
 */
import type { Graph } from "../../../graph/builder.js";
import type { Value } from "../../../graph/value.js";
import type { ParameterLookup } from "../../../runtime/parameter-inputs.js";
import { applyActivation } from "../activation.js";
import type { Architecture, PassInputs, PassTaps } from "../architecture.js";
import { type DecoderPieces, decoder } from "../decoder.js";
import {
  attend,
  attentionMask,
  byHead,
  linear,
  linearLayout,
  matrixLayout,
  type ParameterLayout,
  splitHeads,
  windowMask,
} from "../layers.js";
import { rmsNorm, rmsNormLayout, rmsNormOfDirections } from "../norms.js";
import { type ParameterRole, unitsAlong } from "../parameter-role.js";
import { rotation } from "../rotary.js";
import { formatLlamaLike, type LlamaLikeConfig, type LlamaLikeFamily, parseLlamaLike } from "./config.js";

const EMBEDDING = "model.embed_tokens";
const FINAL_NORM = "model.norm";
const UNEMBEDDING = "lm_head";
const BLOCKS = "model.layers";

/** Names of a block's norms. */
interface BlockNorms {
  readonly attentionIn?: string;
  readonly attentionOut?: string;
  readonly mlpIn?: string;
  readonly mlpOut?: string;
}

const blockNorms = {
  before: { attentionIn: "input_layernorm", mlpIn: "post_attention_layernorm" },
  after: { attentionOut: "post_attention_layernorm", mlpOut: "post_feedforward_layernorm" },
  around: {
    attentionIn: "input_layernorm",
    attentionOut: "post_attention_layernorm",
    mlpIn: "pre_feedforward_layernorm",
    mlpOut: "post_feedforward_layernorm",
  },
} as const satisfies Record<LlamaLikeFamily["norms"], BlockNorms>;

function layout(family: LlamaLikeFamily, config: LlamaLikeConfig): ParameterLayout[] {
  const { dModel, dMlp, vocabSize, nHeads, kvHeads, headSize } = config;
  const norm = (part: string, name: string, size: number) => rmsNormLayout(part, name, size, family.normOffset);
  const projection = (biased: boolean) => (biased ? linearLayout : matrixLayout);
  const ofInput = projection(config.attentionBias);
  const ofMlp = projection(config.mlpBias);
  const normSize = (heads: number): number => (family.queryKeyNorms === "all heads" ? heads * headSize : headSize);
  const layers = Array.from({ length: config.nLayers }, (_, layer) => {
    const [part, at] = [`block ${layer}`, `${BLOCKS}.${layer}`];
    return [
      ...Object.values(blockNorms[family.norms]).flatMap((name) => norm(part, `${at}.${name}`, dModel)),
      ...ofInput(part, `${at}.self_attn.q_proj`, nHeads * headSize, dModel),
      ...ofInput(part, `${at}.self_attn.k_proj`, kvHeads * headSize, dModel),
      ...ofInput(part, `${at}.self_attn.v_proj`, kvHeads * headSize, dModel),
      ...projection(config.outputBias)(part, `${at}.self_attn.o_proj`, dModel, nHeads * headSize, "residual"),
      ...(family.queryKeyNorms === "none"
        ? []
        : [
            ...norm(part, `${at}.self_attn.q_norm`, normSize(nHeads)),
            ...norm(part, `${at}.self_attn.k_norm`, normSize(kvHeads)),
          ]),
      ...ofMlp(part, `${at}.mlp.gate_proj`, dMlp, dModel),
      ...ofMlp(part, `${at}.mlp.up_proj`, dMlp, dModel),
      ...ofMlp(part, `${at}.mlp.down_proj`, dModel, dMlp, "residual"),
    ];
  }).flat();
  return [
    ...matrixLayout("embeddings", EMBEDDING, vocabSize, dModel),
    ...layers,
    ...norm("final norm", FINAL_NORM, dModel),
    ...(config.tieWordEmbeddings ? [] : matrixLayout("unembedding", UNEMBEDDING, vocabSize, dModel)),
  ];
}

function roleInBlock(
  family: LlamaLikeFamily,
  name: string,
  layer: number,
  { headSize }: LlamaLikeConfig,
): ParameterRole {
  const normed = /^self_attn\.([qk])_norm\./.exec(name)?.[1];
  if (normed !== undefined && family.queryKeyNorms === "all heads")
    return { module: "norm", layer, units: unitsAlong(normed === "q" ? "head" : "keyValueHead", 0, headSize) };
  const [, module, projection, tensor] = /^(self_attn|mlp)\.(\w+)_proj\.(weight|bias)$/.exec(name) ?? [];
  if (module === undefined) return { module: "norm", layer };
  // The columns of a module's output projection belong to units; its bias belongs to none.
  const isOutput = projection === "o" || projection === "down";
  const own = { module: module === "mlp" ? ("mlp" as const) : ("attention" as const), layer };
  if (isOutput && tensor === "bias") return own;
  const axis = isOutput ? 1 : 0;
  if (module === "mlp") return { ...own, units: unitsAlong("neuron", axis) };
  const kind = projection === "k" || projection === "v" ? "keyValueHead" : "head";
  return { ...own, units: unitsAlong(kind, axis, headSize) };
}

/** Mask and rotation of blocks with a window, and of blocks without; equal ones are shared. */
function attentionKinds(g: Graph, config: LlamaLikeConfig, inputs: PassInputs) {
  const { headSize: size, maxPositions, rope, windowRope } = config;
  const made = new Map<number | null, { mask: Value; turn: (x: Value) => Value }>();
  return (window: number | null) => {
    const known = made.get(window);
    if (known) return known;
    const causal = window === null ? inputs.causalMask : windowMask(g, inputs.causalMask, window);
    const kind = {
      mask: attentionMask(g, causal, inputs.keyMask),
      turn: rotation(g, { size, maxPositions, ...(window === null ? rope : windowRope) }, inputs),
    };
    made.set(window, kind);
    return kind;
  };
}

function pieces(
  family: LlamaLikeFamily,
  g: Graph,
  config: LlamaLikeConfig,
  parameter: ParameterLookup,
  inputs: PassInputs,
  cache: PassTaps["cache"],
): DecoderPieces {
  const { nHeads, kvHeads, attentionBias, outputBias, mlpBias } = config;
  const names: BlockNorms = blockNorms[family.norms];
  const kindOf = attentionKinds(g, config, inputs);
  const normed = (x: Value, name: string): Value =>
    rmsNorm(g, parameter, x, name, { epsilon: config.rmsNormEps, offset: family.normOffset });
  /** x after the norm `name`; unchanged if the family has none here. */
  const placed = (x: Value, at: string, name: string | undefined): Value =>
    name === undefined ? x : normed(x, `${at}.${name}`);

  const attention = (x: Value, layer: number, name: string): Value => {
    const { mask, turn } = kindOf(config.windows[layer]);
    const project = (part: string): Value => linear(g, parameter, x, `${name}.${part}_proj`, attentionBias);
    /** Queries or keys [batch, length, heads, headSize], normed and rotated. */
    const turned = (part: "q" | "k", heads: number): Value => {
      const whole = project(part);
      const joined = family.queryKeyNorms === "all heads" ? normed(whole, `${name}.${part}_norm`) : whole;
      const split = splitHeads(g, joined, heads);
      return turn(family.queryKeyNorms === "each head" ? normed(split, `${name}.${part}_norm`) : split);
    };
    const queries = byHead(g, turned("q", nHeads));
    const keys = byHead(g, turned("k", kvHeads));
    const values = byHead(g, splitHeads(g, project("v"), kvHeads));
    const scale = 1 / Math.sqrt(config.scoreScalar);
    const mixed = attend(g, queries, keys, values, mask, scale, cache?.(layer, keys, values));
    return linear(g, parameter, mixed, `${name}.o_proj`, outputBias);
  };
  const mlp = (x: Value, name: string): Value => {
    const gate = applyActivation(g, config.activation, linear(g, parameter, x, `${name}.gate_proj`, mlpBias));
    const gated = g.mul(gate, linear(g, parameter, x, `${name}.up_proj`, mlpBias));
    return linear(g, parameter, gated, `${name}.down_proj`, mlpBias);
  };

  return {
    embed: () => {
      const rows = g.at(EMBEDDING, () => g.gather(parameter(`${EMBEDDING}.weight`), inputs.ids));
      return family.scaledEmbedding ? g.scale(rows, Math.sqrt(config.dModel)) : rows;
    },
    attention: (stream, layer) => {
      const at = `${BLOCKS}.${layer}`;
      return g.at(`${at}.self_attn`, () =>
        placed(attention(placed(stream, at, names.attentionIn), layer, `${at}.self_attn`), at, names.attentionOut),
      );
    },
    mlp: (stream, layer) => {
      const at = `${BLOCKS}.${layer}`;
      return g.at(`${at}.mlp`, () => placed(mlp(placed(stream, at, names.mlpIn), `${at}.mlp`), at, names.mlpOut));
    },
    parallelResidual: false,
    finalNorm: (stream) => normed(stream, FINAL_NORM),
  };
}

/** The architecture of a family. */
export function llamaLike(family: LlamaLikeFamily): Architecture<LlamaLikeConfig> {
  return decoder<LlamaLikeConfig>({
    modelType: family.modelType,
    className: family.className,
    parseConfig: (json, file) => parseLlamaLike(family, json, file),
    formatConfig: (config) => formatLlamaLike(family, config),
    layout: (config) => layout(family, config),
    roleInBlock: (name, layer, config) => roleInBlock(family, name, layer, config),
    pieces: (g, config, parameter, inputs, cache) => pieces(family, g, config, parameter, inputs, cache),
    finalNormOfDirections: (g, _config, parameter, directions) =>
      rmsNormOfDirections(g, parameter, directions, FINAL_NORM, family.normOffset),
    names: { embedding: EMBEDDING, unembedding: UNEMBEDDING, finalNorm: FINAL_NORM, blocks: BLOCKS },
    logitCap: ({ logitCap }) => logitCap,
  });
}
