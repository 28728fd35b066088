/**
 * GPT-2 (Radford et al. 2019) as in transformers: learned positions, and linear layers whose
 * weights are stored [input, output].
 */
import type { Graph } from "../../graph/builder.js";
import type { Value } from "../../graph/value.js";
import type { ParameterLookup } from "../../runtime/parameter-inputs.js";
import { applyActivation, knownActivations } from "./activation.js";
import type { PassInputs, PassTaps } from "./architecture.js";
import { ConfigFields, formatTokenIds, largest } from "./config-fields.js";
import { type DecoderConfig, type DecoderPieces, decoder } from "./decoder.js";
import { gptLayout, gptNames, gptPieces } from "./gpt-blocks.js";
import { attend, attentionMask, byHead, matrixLayout, type ParameterLayout, splitHeads } from "./layers.js";
import { layerNormOfDirections } from "./norms.js";
import { type ParameterRole, unitsAlong } from "./parameter-role.js";

export interface Gpt2Config extends DecoderConfig {
  readonly modelType: "gpt2";
  readonly activation: string;
  readonly layerNormEps: number;
  readonly initializerRange: number;
  /** Whether attention scores are divided by the square root of headSize. */
  readonly scaleScores: boolean;
  /** Whether attention scores of block n (from 0) are divided by n + 1. */
  readonly scaleScoresByLayer: boolean;
}

function parseConfig(json: Readonly<Record<string, unknown>>, file: string): Gpt2Config {
  const fields = new ConfigFields(json, file);
  fields.expect(!fields.has("quantization_config"), "quantization_config: quantised weights are not supported");
  fields.expect(!fields.boolean("add_cross_attention", false), "add_cross_attention: expected false");
  const dModel = fields.size("n_embd", largest.width, 768);
  const nHeads = fields.size("n_head", largest.heads, 12);
  const config: Gpt2Config = {
    modelType: "gpt2",
    vocabSize: fields.size("vocab_size", largest.vocabulary),
    dModel,
    dMlp: fields.sizeOrNull("n_inner", largest.mlp, null) ?? 4 * dModel,
    nLayers: fields.size("n_layer", largest.layers, 12),
    nHeads,
    kvHeads: nHeads,
    headSize: dModel / nHeads,
    maxPositions: fields.size("n_positions", largest.positions, 1024),
    bosTokenId: fields.tokenId("bos_token_id"),
    eosTokenIds: fields.tokenIds("eos_token_id"),
    activation: fields.oneOf("activation_function", knownActivations, "gelu_new"),
    layerNormEps: fields.number("layer_norm_epsilon", 1e-5, { least: 0, most: 1 }),
    tieWordEmbeddings: fields.boolean("tie_word_embeddings", true),
    initializerRange: fields.number("initializer_range", 0.02, { least: 0, most: 1000 }),
    scaleScores: fields.boolean("scale_attn_weights", true),
    scaleScoresByLayer: fields.boolean("scale_attn_by_inverse_layer_idx", false),
  };
  fields.expect(!(dModel % nHeads > 0), `n_embd ${dModel} is not a multiple of n_head ${nHeads}`);
  fields.check();
  return config;
}

function formatConfig(config: Gpt2Config): Record<string, unknown> {
  return {
    architectures: [gpt2.className],
    model_type: config.modelType,
    vocab_size: config.vocabSize,
    n_embd: config.dModel,
    n_inner: config.dMlp,
    n_layer: config.nLayers,
    n_head: config.nHeads,
    n_positions: config.maxPositions,
    n_ctx: config.maxPositions,
    bos_token_id: config.bosTokenId,
    eos_token_id: formatTokenIds(config.eosTokenIds),
    activation_function: config.activation,
    layer_norm_epsilon: config.layerNormEps,
    tie_word_embeddings: config.tieWordEmbeddings,
    scale_attn_weights: config.scaleScores,
    scale_attn_by_inverse_layer_idx: config.scaleScoresByLayer,
    attn_pdrop: 0,
    embd_pdrop: 0,
    resid_pdrop: 0,
    initializer_range: config.initializerRange,
    torch_dtype: "float32",
    dtype: "float32",
    use_cache: true,
  };
}

/** `weight` [input, output], as GPT-2 stores a linear layer, and `bias` [output]. */
function transposedLayout(
  part: string,
  name: string,
  input: number,
  output: number,
  start: ParameterLayout["start"] = "normal",
): ParameterLayout[] {
  return [
    ...matrixLayout(part, name, input, output, start),
    { name: `${name}.bias`, dims: [output], part, start: "zeros" },
  ];
}

function layout(config: Gpt2Config): ParameterLayout[] {
  const { dModel, dMlp } = config;
  return gptLayout(config, (part, at) => ({
    attention: [
      ...transposedLayout(part, `${at}.attn.c_attn`, dModel, 3 * dModel),
      ...transposedLayout(part, `${at}.attn.c_proj`, dModel, dModel, "residual"),
    ],
    mlp: [
      ...transposedLayout(part, `${at}.mlp.c_fc`, dModel, dMlp),
      ...transposedLayout(part, `${at}.mlp.c_proj`, dMlp, dModel, "residual"),
    ],
  }));
}

function roleInBlock(name: string, layer: number, { dModel, headSize }: Gpt2Config): ParameterRole {
  const [, part, rest = ""] = /^(\w+)\.(.+)$/.exec(name) ?? [];
  const ofInput = rest.endsWith(".weight") ? 1 : 0;
  if (part === "attn") {
    if (rest === "c_proj.bias") return { module: "attention", layer };
    if (rest === "c_proj.weight") return { module: "attention", layer, units: unitsAlong("head", 0, headSize) };
    // The columns are the queries of all heads, then the keys, then the values.
    const unitOf = (index: number) => Math.floor((index % dModel) / headSize);
    return { module: "attention", layer, units: { kind: "head", axis: ofInput, unitOf } };
  }
  if (part !== "mlp") return { module: "norm", layer };
  if (rest === "c_proj.bias") return { module: "mlp", layer };
  return { module: "mlp", layer, units: unitsAlong("neuron", rest === "c_proj.weight" ? 0 : ofInput) };
}

function pieces(
  g: Graph,
  config: Gpt2Config,
  parameter: ParameterLookup,
  inputs: PassInputs,
  cache: PassTaps["cache"],
): DecoderPieces {
  const { nHeads, dModel, headSize } = config;
  const mask = attentionMask(g, inputs.causalMask, inputs.keyMask);
  const project = (x: Value, name: string): Value =>
    g.add(g.matMul(x, parameter(`${name}.weight`)), parameter(`${name}.bias`));

  const attention = (x: Value, layer: number, name: string): Value => {
    const joined = project(x, `${name}.c_attn`);
    const heads = (part: number): Value =>
      byHead(g, splitHeads(g, g.slice(joined, 2, part * dModel, (part + 1) * dModel), nHeads));
    const [queries, keys, values] = [heads(0), heads(1), heads(2)];
    const scale = (config.scaleScores ? 1 / Math.sqrt(headSize) : 1) / (config.scaleScoresByLayer ? layer + 1 : 1);
    return project(attend(g, queries, keys, values, mask, scale, cache?.(layer, keys, values)), `${name}.c_proj`);
  };
  const mlp = (x: Value, name: string): Value =>
    project(applyActivation(g, config.activation, project(x, `${name}.c_fc`)), `${name}.c_proj`);

  return gptPieces(g, config, parameter, inputs, { attention, mlp });
}

export const gpt2 = decoder<Gpt2Config>({
  modelType: "gpt2",
  className: "GPT2LMHeadModel",
  names: gptNames,
  parseConfig,
  formatConfig,
  layout,
  roleInBlock,
  pieces,
  finalNormOfDirections: (g, _config, parameter, directions) =>
    layerNormOfDirections(g, parameter, directions, gptNames.finalNorm),
});
