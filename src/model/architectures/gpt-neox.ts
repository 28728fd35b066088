/**
 * GPT-NeoX (Black et al. 2022, arXiv:2204.06745), the architecture of the Pythia models, as transformers computes it:
 * rotary positions on a share of each head, parallel or sequential residual, tied or separate unembedding.
 */
import type { Graph } from "../../graph/builder.js";
import type { Value } from "../../graph/value.js";
import type { ParameterLookup } from "../../runtime/parameter-inputs.js";
import type { ModelConfig } from "../language-model.js";
import { applyActivation, knownActivations } from "./activation.js";
import type { Architecture, PassInputs, PassTaps } from "./architecture.js";
import { ConfigFields } from "./config-fields.js";
import {
  attend,
  attentionMask,
  byHead,
  linear,
  linearLayout,
  matrixLayout,
  norm,
  normLayout,
  type ParameterLayout,
  splitHeads,
} from "./layers.js";

export interface GptNeoxConfig extends ModelConfig {
  readonly modelType: "gpt_neox";
  readonly activation: string;
  readonly layerNormEps: number;
  /** Share of each head's dimensions that rotate. */
  readonly rotaryPct: number;
  readonly rotaryBase: number;
  readonly useParallelResidual: boolean;
  readonly tieWordEmbeddings: boolean;
  readonly attentionBias: boolean;
  readonly initializerRange: number;
}

function parseConfig(json: Readonly<Record<string, unknown>>, file: string): GptNeoxConfig {
  const fields = new ConfigFields(json, file);
  // transformers 5 moved the rotary settings into rope_parameters; 4.48 and later wrote them flat under new names.
  const rope = fields.group("rope_parameters");
  const rescaled = fields.group("rope_scaling");
  const scaling = rope.string("rope_type", rescaled.string("rope_type", rescaled.string("type", "default")));
  fields.expect(scaling === "default", `rotary scaling "${scaling}" is not supported, only rope_type default is`);
  const config: GptNeoxConfig = {
    modelType: "gpt_neox",
    vocabSize: fields.integer("vocab_size"),
    dModel: fields.integer("hidden_size"),
    dMlp: fields.integer("intermediate_size"),
    nLayers: fields.integer("num_hidden_layers"),
    nHeads: fields.integer("num_attention_heads"),
    maxPositions: fields.integer("max_position_embeddings", 2048),
    bosTokenId: fields.tokenId("bos_token_id"),
    eosTokenId: fields.tokenId("eos_token_id"),
    activation: fields.oneOf("hidden_act", knownActivations, "gelu"),
    layerNormEps: fields.number("layer_norm_eps", 1e-5),
    rotaryPct: rope.number(
      "partial_rotary_factor",
      fields.number("partial_rotary_factor", fields.number("rotary_pct", 0.25)),
    ),
    rotaryBase: rope.number("rope_theta", fields.number("rope_theta", fields.number("rotary_emb_base", 10000))),
    useParallelResidual: fields.boolean("use_parallel_residual", true),
    tieWordEmbeddings: fields.boolean("tie_word_embeddings", false),
    attentionBias: fields.boolean("attention_bias", true),
    initializerRange: fields.number("initializer_range", 0.02),
  };
  fields.check();
  const { dModel, nHeads, rotaryPct } = config;
  fields.expect(dModel % nHeads === 0, `hidden_size ${dModel} is not a multiple of num_attention_heads ${nHeads}`);
  fields.check();
  const [rotary, headSize] = [rotarySize(config), dModel / nHeads];
  fields.expect(
    rotary >= 0 && rotary <= headSize && rotary % 2 === 0,
    `rotary_pct ${rotaryPct} turns ${rotary} of ${headSize} dimensions of a head, expected an even number, at most all`,
  );
  fields.check();
  return config;
}

/** How many dimensions of each head rotate. */
function rotarySize({ dModel, nHeads, rotaryPct }: Pick<GptNeoxConfig, "dModel" | "nHeads" | "rotaryPct">): number {
  return Math.floor((dModel / nHeads) * rotaryPct);
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
    eos_token_id: config.eosTokenId,
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
    const [part, at] = [`block ${layer}`, `gpt_neox.layers.${layer}`];
    return [
      ...normLayout(part, `${at}.input_layernorm`, dModel),
      ...normLayout(part, `${at}.post_attention_layernorm`, dModel),
      ...attentionLayout(part, `${at}.attention.query_key_value`, 3 * dModel, dModel),
      ...attentionLayout(part, `${at}.attention.dense`, dModel, dModel, "residual"),
      ...linearLayout(part, `${at}.mlp.dense_h_to_4h`, dMlp, dModel),
      ...linearLayout(part, `${at}.mlp.dense_4h_to_h`, dModel, dMlp, "residual"),
    ];
  }).flat();
  return [
    ...matrixLayout("embeddings", "gpt_neox.embed_in", vocabSize, dModel),
    ...layers,
    ...normLayout("final norm", "gpt_neox.final_layer_norm", dModel),
    ...(config.tieWordEmbeddings ? [] : matrixLayout("unembedding", "embed_out", vocabSize, dModel)),
  ];
}

/** cos and sin of every position [maxPositions, rotary]: the angles of the first half stand again in the second. */
function rotaryTables(config: GptNeoxConfig): { rotary: number; cos: Float32Array; sin: Float32Array } {
  const rotary = rotarySize(config);
  const half = rotary / 2;
  const cos = new Float32Array(config.maxPositions * rotary);
  const sin = new Float32Array(config.maxPositions * rotary);
  for (let position = 0; position < config.maxPositions; position++)
    for (let i = 0; i < rotary; i++) {
      // Rounded to single precision after each operation, as PyTorch takes it: at position 2000 the rounding shows.
      const wavelength = Math.fround(config.rotaryBase ** Math.fround((2 * (i % half)) / rotary));
      const angle = Math.fround(position * Math.fround(1 / wavelength));
      cos[position * rotary + i] = Math.cos(angle);
      sin[position * rotary + i] = Math.sin(angle);
    }
  return { rotary, cos, sin };
}

/** Rotates the first `rotary` dimensions of x [batch, length, heads, headSize]; cos and sin [batch, length, 1, rotary]. */
function rotate(g: Graph, x: Value, rotary: number, cos: Value, sin: Value): Value {
  const headSize = x.dims[3] as number;
  const turning = rotary === headSize ? x : g.slice(x, 3, 0, rotary);
  const halves = g.concat([g.neg(g.slice(turning, 3, rotary / 2, rotary)), g.slice(turning, 3, 0, rotary / 2)], 3);
  const turned = g.add(g.mul(turning, cos), g.mul(halves, sin));
  return rotary === headSize ? turned : g.concat([turned, g.slice(x, 3, rotary, headSize)], 3);
}

/** What turns queries and keys [batch, length, heads, headSize] by their positions. */
function rotation(g: Graph, config: GptNeoxConfig, { ids, positions }: PassInputs): (x: Value) => Value {
  const { rotary, cos: cosTable, sin: sinTable } = rotaryTables(config);
  if (rotary === 0) return (x) => x;
  const [batch, length] = ids.dims;
  const angles = (table: Float32Array): Value =>
    g.reshape(g.gather(g.constant(table, [config.maxPositions, rotary]), positions), [batch, length, 1, rotary]);
  const cos = angles(cosTable);
  const sin = angles(sinTable);
  return (x) => rotate(g, x, rotary, cos, sin);
}

function hidden(
  g: Graph,
  config: GptNeoxConfig,
  parameter: ParameterLookup,
  inputs: PassInputs,
  taps: PassTaps = {},
): Value {
  const { dModel, nHeads, attentionBias, layerNormEps } = config;
  const headSize = dModel / nHeads;
  const turn = rotation(g, config, inputs);
  const mask = attentionMask(g, inputs.causalMask, inputs.keyMask);

  const attention = (x: Value, layer: number, name: string): Value => {
    // The rows of query_key_value go head by head: each head's query, then its key, then its value.
    const joined = splitHeads(g, linear(g, parameter, x, `${name}.query_key_value`, attentionBias), nHeads);
    const part = (index: number): Value => g.slice(joined, 3, index * headSize, (index + 1) * headSize);
    const queries = byHead(g, turn(part(0)));
    const keys = byHead(g, turn(part(1)));
    const values = byHead(g, part(2));
    const cache = taps.cache?.(layer, keys, values);
    const mixed = attend(g, queries, keys, values, mask, 1 / Math.sqrt(headSize), cache);
    return linear(g, parameter, mixed, `${name}.dense`, attentionBias);
  };
  const mlp = (x: Value, layer: number, name: string): Value => {
    const inner = applyActivation(g, config.activation, linear(g, parameter, x, `${name}.dense_h_to_4h`));
    const out = linear(g, parameter, inner, `${name}.dense_4h_to_h`);
    return taps.mlpOut ? taps.mlpOut(layer, out) : out;
  };
  const normed = (x: Value, name: string): Value => norm(g, parameter, x, name, layerNormEps);

  let stream = g.at("embed_in", () => g.gather(parameter("gpt_neox.embed_in.weight"), inputs.ids));
  const last = taps.lastLayer ?? config.nLayers - 1;
  for (let layer = 0; layer <= last; layer++) {
    const at = `gpt_neox.layers.${layer}`;
    const attended = g.at(`${at}.attention`, () =>
      attention(normed(stream, `${at}.input_layernorm`), layer, `${at}.attention`),
    );
    const withAttention = g.add(stream, attended);
    const mlpInput = config.useParallelResidual ? stream : withAttention;
    const out = g.at(`${at}.mlp`, () => mlp(normed(mlpInput, `${at}.post_attention_layernorm`), layer, `${at}.mlp`));
    stream = g.add(withAttention, out);
  }
  return normed(stream, gptNeox.finalNorm);
}

export const gptNeox: Architecture<GptNeoxConfig> = {
  modelType: "gpt_neox",
  className: "GPTNeoXForCausalLM",
  parseConfig,
  formatConfig,
  layout,
  hidden,
  unembed: (g, config, parameter, states) =>
    g.at("embed_out", () =>
      g.linear(states, parameter(config.tieWordEmbeddings ? "gpt_neox.embed_in.weight" : "embed_out.weight")),
    ),
  finalNorm: "gpt_neox.final_layer_norm",
  extraTensor: (name, { tieWordEmbeddings }) => {
    if (/\.attention\.(bias|masked_bias|rotary_emb\.\w+)$/.test(name)) return "buffer";
    return tieWordEmbeddings && name === "embed_out.weight" ? "copy of the embedding" : undefined;
  },
};
