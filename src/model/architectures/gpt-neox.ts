/**
 * GPT-NeoX (Black et al. 2022, arXiv:2204.06745), the architecture of the Pythia models, as in
 * transformers: rotary positions on a share of each head, parallel or sequential residual, tied or
 * separate unembedding.
 */
import type { Graph } from "../../graph/builder.js";
import type { Value } from "../../graph/value.js";
import { shown } from "../../io/shown-value.js";
import type { ParameterLookup } from "../../runtime/parameter-inputs.js";
import { applyActivation, knownActivations } from "./activation.js";
import type { PassInputs, PassTaps } from "./architecture.js";
import { ConfigFields, formatTokenIds, largest } from "./config-fields.js";
import { type DecoderConfig, type DecoderPieces, decoder } from "./decoder.js";
import {
  attend,
  attentionMask,
  byHead,
  linear,
  linearLayout,
  matrixLayout,
  type ParameterLayout,
  splitHeads,
} from "./layers.js";
import { layerNorm, layerNormLayout, layerNormOfDirections } from "./norms.js";
import { type ParameterRole, unitsAlong } from "./parameter-role.js";
import { rotation } from "./rotary.js";

const EMBEDDING = "gpt_neox.embed_in";
const FINAL_NORM = "gpt_neox.final_layer_norm";
const UNEMBEDDING = "embed_out";
const BLOCKS = "gpt_neox.layers";

export interface GptNeoxConfig extends DecoderConfig {
  readonly modelType: "gpt_neox";
  readonly activation: string;
  readonly layerNormEps: number;
  /** Share of each head's dimensions that rotate. */
  readonly rotaryPct: number;
  readonly rotaryBase: number;
  readonly useParallelResidual: boolean;
  readonly attentionBias: boolean;
  readonly initializerRange: number;
}

function parseConfig(json: Readonly<Record<string, unknown>>, file: string): GptNeoxConfig {
  const fields = new ConfigFields(json, file);
  const bases = { least: 1, most: 1e12 };
  // transformers 5 moved the rotary settings into rope_parameters; 4.48 and later wrote them at the
  // top level under new names.
  const rope = fields.group("rope_parameters");
  const rescaled = fields.group("rope_scaling");
  const scaling = rope.string("rope_type", rescaled.string("rope_type", rescaled.string("type", "default")));
  fields.expect(scaling === "default", `rotary scaling ${shown(scaling)} is not supported, only rope_type default is`);
  const dModel = fields.size("hidden_size", largest.width);
  const nHeads = fields.size("num_attention_heads", largest.heads);
  const config: GptNeoxConfig = {
    modelType: "gpt_neox",
    vocabSize: fields.size("vocab_size", largest.vocabulary),
    dModel,
    dMlp: fields.size("intermediate_size", largest.mlp),
    nLayers: fields.size("num_hidden_layers", largest.layers),
    nHeads,
    kvHeads: nHeads,
    headSize: dModel / nHeads,
    maxPositions: fields.size("max_position_embeddings", largest.positions, 2048),
    bosTokenId: fields.tokenId("bos_token_id"),
    eosTokenIds: fields.tokenIds("eos_token_id"),
    activation: fields.oneOf("hidden_act", knownActivations, "gelu"),
    layerNormEps: fields.number("layer_norm_eps", 1e-5, { least: 0, most: 1 }),
    rotaryPct: rope.number(
      "partial_rotary_factor",
      fields.number("partial_rotary_factor", fields.number("rotary_pct", 0.25)),
    ),
    rotaryBase: rope.number(
      "rope_theta",
      fields.number("rope_theta", fields.number("rotary_emb_base", 10000, bases), bases),
      bases,
    ),
    useParallelResidual: fields.boolean("use_parallel_residual", true),
    tieWordEmbeddings: fields.boolean("tie_word_embeddings", false),
    attentionBias: fields.boolean("attention_bias", true),
    initializerRange: fields.number("initializer_range", 0.02, { least: 0, most: 1000 }),
  };
  // An invalid field is NaN here and is not reported twice.
  fields.expect(!(dModel % nHeads > 0), `hidden_size ${dModel} is not a multiple of num_attention_heads ${nHeads}`);
  const { headSize, rotaryPct } = config;
  const rotary = rotarySize(config);
  const turns = `rotary_pct ${rotaryPct} turns ${rotary} of ${headSize} dimensions of a head`;
  if (Number.isInteger(headSize))
    fields.expect(
      Number.isNaN(rotary) || (rotary >= 0 && rotary <= headSize && rotary % 2 === 0),
      `${turns}, expected an even number, at most all`,
    );
  fields.check();
  return config;
}

/** Number of dimensions of each head that rotate. */
function rotarySize({ headSize, rotaryPct }: GptNeoxConfig): number {
  return Math.floor(headSize * rotaryPct);
}

function formatConfig(config: GptNeoxConfig): Record<string, unknown> {
  return {
    architectures: [gptNeox.className],
    model_type: config.modelType,
    vocab_size: config.vocabSize,
    hidden_size: config.dModel,
    intermediate_size: config.dMlp,
    num_hidden_layers: config.nLayers,
    num_attention_heads: config.nHeads,
    max_position_embeddings: config.maxPositions,
    bos_token_id: config.bosTokenId,
    eos_token_id: formatTokenIds(config.eosTokenIds),
    hidden_act: config.activation,
    layer_norm_eps: config.layerNormEps,
    rotary_pct: config.rotaryPct,
    rotary_emb_base: config.rotaryBase,
    rope_parameters: { rope_type: "default", rope_theta: config.rotaryBase, partial_rotary_factor: config.rotaryPct },
    use_parallel_residual: config.useParallelResidual,
    tie_word_embeddings: config.tieWordEmbeddings,
    attention_bias: config.attentionBias,
    attention_dropout: 0,
    hidden_dropout: 0,
    initializer_range: config.initializerRange,
    torch_dtype: "float32",
    dtype: "float32",
    use_cache: true,
  };
}

function layout(config: GptNeoxConfig): ParameterLayout[] {
  const { dModel, dMlp, vocabSize } = config;
  const attentionLayout = config.attentionBias ? linearLayout : matrixLayout;
  const layers = Array.from({ length: config.nLayers }, (_, layer) => {
    const [part, at] = [`block ${layer}`, `${BLOCKS}.${layer}`];
    return [
      ...layerNormLayout(part, `${at}.input_layernorm`, dModel),
      ...layerNormLayout(part, `${at}.post_attention_layernorm`, dModel),
      ...attentionLayout(part, `${at}.attention.query_key_value`, 3 * dModel, dModel),
      ...attentionLayout(part, `${at}.attention.dense`, dModel, dModel, "residual"),
      ...linearLayout(part, `${at}.mlp.dense_h_to_4h`, dMlp, dModel),
      ...linearLayout(part, `${at}.mlp.dense_4h_to_h`, dModel, dMlp, "residual"),
    ];
  }).flat();
  return [
    ...matrixLayout("embeddings", EMBEDDING, vocabSize, dModel),
    ...layers,
    ...layerNormLayout("final norm", FINAL_NORM, dModel),
    ...(config.tieWordEmbeddings ? [] : matrixLayout("unembedding", UNEMBEDDING, vocabSize, dModel)),
  ];
}

function roleInBlock(name: string, layer: number, { headSize }: GptNeoxConfig): ParameterRole {
  const [, part, rest] = /^(\w+)\.(.+)$/.exec(name) ?? [];
  if (part === "attention") {
    // The columns of the output projection belong to heads; its bias belongs to none.
    if (rest === "dense.bias") return { module: "attention", layer };
    const units = rest === "dense.weight" ? unitsAlong("head", 1, headSize) : unitsAlong("head", 0, 3 * headSize);
    return { module: "attention", layer, units };
  }
  if (part !== "mlp") return { module: "norm", layer };
  if (rest === "dense_4h_to_h.bias") return { module: "mlp", layer };
  return { module: "mlp", layer, units: unitsAlong("neuron", rest === "dense_4h_to_h.weight" ? 1 : 0) };
}

function pieces(
  g: Graph,
  config: GptNeoxConfig,
  parameter: ParameterLookup,
  inputs: PassInputs,
  cache: PassTaps["cache"],
): DecoderPieces {
  const { nHeads, headSize, attentionBias, layerNormEps, maxPositions } = config;
  const turn = rotation(g, { size: rotarySize(config), base: config.rotaryBase, maxPositions }, inputs);
  const mask = attentionMask(g, inputs.causalMask, inputs.keyMask);
  const normed = (x: Value, name: string): Value => layerNorm(g, parameter, x, name, layerNormEps);

  const attention = (x: Value, layer: number, name: string): Value => {
    // The rows of query_key_value are ordered by head: each head's query, then its key, then its
    // value.
    const joined = splitHeads(g, linear(g, parameter, x, `${name}.query_key_value`, attentionBias), nHeads);
    const part = (index: number): Value => g.slice(joined, 3, index * headSize, (index + 1) * headSize);
    const queries = byHead(g, turn(part(0)));
    const keys = byHead(g, turn(part(1)));
    const values = byHead(g, part(2));
    const mixed = attend(g, queries, keys, values, mask, 1 / Math.sqrt(headSize), cache?.(layer, keys, values));
    return linear(g, parameter, mixed, `${name}.dense`, attentionBias);
  };
  const mlp = (x: Value, name: string): Value => {
    const inner = applyActivation(g, config.activation, linear(g, parameter, x, `${name}.dense_h_to_4h`));
    return linear(g, parameter, inner, `${name}.dense_4h_to_h`);
  };

  return {
    embed: () => g.at(EMBEDDING, () => g.gather(parameter(`${EMBEDDING}.weight`), inputs.ids)),
    attention: (stream, layer) => {
      const at = `${BLOCKS}.${layer}`;
      return g.at(`${at}.attention`, () =>
        attention(normed(stream, `${at}.input_layernorm`), layer, `${at}.attention`),
      );
    },
    mlp: (stream, layer) => {
      const at = `${BLOCKS}.${layer}`;
      return g.at(`${at}.mlp`, () => mlp(normed(stream, `${at}.post_attention_layernorm`), `${at}.mlp`));
    },
    parallelResidual: config.useParallelResidual,
    finalNorm: (stream) => normed(stream, FINAL_NORM),
  };
}

export const gptNeox = decoder<GptNeoxConfig>({
  modelType: "gpt_neox",
  className: "GPTNeoXForCausalLM",
  parseConfig,
  formatConfig,
  layout,
  roleInBlock,
  pieces,
  names: { embedding: EMBEDDING, unembedding: UNEMBEDDING, finalNorm: FINAL_NORM, blocks: BLOCKS },
  finalNormOfDirections: (g, _config, parameter, directions) =>
    layerNormOfDirections(g, parameter, directions, FINAL_NORM),
});
