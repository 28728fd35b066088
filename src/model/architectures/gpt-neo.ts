/**
 * GPT-Neo (Black et al. 2021, doi:10.5281/zenodo.5297715) as in transformers: learned positions,
 * blocks with global or local (windowed) attention, attention scores not divided by the square root
 * of the head size.
 */
import type { Graph } from "../../graph/builder.js";
import type { Value } from "../../graph/value.js";
import { shown } from "../../io/shown-value.js";
import type { ParameterLookup } from "../../runtime/parameter-inputs.js";
import { applyActivation, knownActivations } from "./activation.js";
import type { PassInputs, PassTaps } from "./architecture.js";
import { ConfigFields, formatTokenIds, largest } from "./config-fields.js";
import { type DecoderConfig, type DecoderPieces, decoder } from "./decoder.js";
import { gptLayout, gptNames, gptPieces } from "./gpt-blocks.js";
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
} from "./layers.js";
import { layerNormOfDirections } from "./norms.js";
import { type ParameterRole, unitsAlong } from "./parameter-role.js";

/** Whether a block attends to all earlier positions or to a window. */
type AttentionKind = "global" | "local";

export interface GptNeoConfig extends DecoderConfig {
  readonly modelType: "gpt_neo";
  /** One per block. */
  readonly attentionLayers: readonly AttentionKind[];
  /** Number of positions in the window of local attention, including the query's own. */
  readonly windowSize: number;
  readonly activation: string;
  readonly layerNormEps: number;
  readonly initializerRange: number;
}

function parseConfig(json: Readonly<Record<string, unknown>>, file: string): GptNeoConfig {
  const fields = new ConfigFields(json, file);
  const dModel = fields.size("hidden_size", largest.width);
  const nHeads = fields.size("num_heads", largest.heads);
  const attention = parseAttention(fields);
  const config: GptNeoConfig = {
    modelType: "gpt_neo",
    vocabSize: fields.size("vocab_size", largest.vocabulary),
    dModel,
    dMlp: fields.has("intermediate_size") ? fields.size("intermediate_size", largest.mlp) : 4 * dModel,
    nLayers: fields.size("num_layers", largest.layers),
    nHeads,
    kvHeads: nHeads,
    headSize: dModel / nHeads,
    maxPositions: fields.size("max_position_embeddings", largest.positions, 2048),
    bosTokenId: fields.tokenId("bos_token_id"),
    eosTokenIds: fields.tokenIds("eos_token_id"),
    attentionLayers: attention ?? [],
    windowSize: fields.size("window_size", largest.positions, 256),
    activation: fields.oneOf("activation_function", knownActivations, "gelu_new"),
    layerNormEps: fields.number("layer_norm_epsilon", 1e-5, { least: 0, most: 1 }),
    tieWordEmbeddings: fields.boolean("tie_word_embeddings", true),
    initializerRange: fields.number("initializer_range", 0.02, { least: 0, most: 1000 }),
  };
  // An invalid field is NaN or undefined here and is not reported twice.
  fields.expect(!(dModel % nHeads > 0), `hidden_size ${dModel} is not a multiple of num_heads ${nHeads}`);
  const { nLayers } = config;
  if (attention && !Number.isNaN(nLayers))
    fields.expect(
      attention.length === nLayers,
      `attention is given for ${attention.length} blocks, num_layers is ${nLayers}`,
    );
  fields.check();
  return config;
}

const isKinds = (value: unknown): value is AttentionKind[] =>
  Array.isArray(value) && value.every((kind) => kind === "global" || kind === "local");

/**
 * `attention_layers` has one kind per block and takes precedence; `attention_types` has
 * [kinds, repeats] pairs. Undefined if invalid; the problem is added to `fields`.
 */
function parseAttention(fields: ConfigFields): AttentionKind[] | undefined {
  const listed = fields.raw("attention_layers");
  if (listed !== undefined) {
    const isList = isKinds(listed);
    fields.expect(isList, `attention_layers: expected a list of "global" and "local", received ${shown(listed)}`);
    return isList ? listed : undefined;
  }
  const types = fields.raw("attention_types") ?? [[["global", "local"], 12]];
  const isGroup = (group: unknown): group is [AttentionKind[], number] =>
    Array.isArray(group) && group.length === 2 && isKinds(group[0]) && Number.isInteger(group[1]) && group[1] > 0;
  const isGrouped = Array.isArray(types) && types.every(isGroup);
  const blocks = isGrouped ? types.reduce((sum, [kinds, repeats]) => sum + kinds.length * repeats, 0) : 0;
  const isPossible = isGrouped && blocks <= largest.layers;
  fields.expect(
    isPossible,
    `attention_types: expected groups such as [[["global", "local"], 6]] for at most ${largest.layers} blocks, received ${shown(types)}`,
  );
  if (!isPossible) return undefined;
  return types.flatMap(([kinds, repeats]) => Array.from({ length: kinds.length && repeats }, () => kinds).flat());
}

function formatConfig(config: GptNeoConfig): Record<string, unknown> {
  return {
    architectures: [gptNeo.className],
    model_type: config.modelType,
    vocab_size: config.vocabSize,
    hidden_size: config.dModel,
    intermediate_size: config.dMlp,
    num_layers: config.nLayers,
    num_heads: config.nHeads,
    max_position_embeddings: config.maxPositions,
    bos_token_id: config.bosTokenId,
    eos_token_id: formatTokenIds(config.eosTokenIds),
    attention_types: [[config.attentionLayers, 1]],
    attention_layers: config.attentionLayers,
    window_size: config.windowSize,
    activation_function: config.activation,
    layer_norm_epsilon: config.layerNormEps,
    tie_word_embeddings: config.tieWordEmbeddings,
    attention_dropout: 0,
    embed_dropout: 0,
    resid_dropout: 0,
    initializer_range: config.initializerRange,
    torch_dtype: "float32",
    dtype: "float32",
    use_cache: true,
  };
}

function layout(config: GptNeoConfig): ParameterLayout[] {
  const { dModel, dMlp } = config;
  return gptLayout(config, (part, at) => ({
    attention: [
      ...["k_proj", "v_proj", "q_proj"].flatMap((name) =>
        matrixLayout(part, `${at}.attn.attention.${name}`, dModel, dModel),
      ),
      ...linearLayout(part, `${at}.attn.attention.out_proj`, dModel, dModel, "residual"),
    ],
    mlp: [
      ...linearLayout(part, `${at}.mlp.c_fc`, dMlp, dModel),
      ...linearLayout(part, `${at}.mlp.c_proj`, dModel, dMlp, "residual"),
    ],
  }));
}

function roleInBlock(name: string, layer: number, { headSize }: GptNeoConfig): ParameterRole {
  const [, part, rest = ""] = /^(\w+)\.(.+)$/.exec(name) ?? [];
  if (part === "attn") {
    if (rest === "attention.out_proj.bias") return { module: "attention", layer };
    return { module: "attention", layer, units: unitsAlong("head", rest.includes("out_proj") ? 1 : 0, headSize) };
  }
  if (part !== "mlp") return { module: "norm", layer };
  if (rest === "c_proj.bias") return { module: "mlp", layer };
  return { module: "mlp", layer, units: unitsAlong("neuron", rest === "c_proj.weight" ? 1 : 0) };
}

function pieces(
  g: Graph,
  config: GptNeoConfig,
  parameter: ParameterLookup,
  inputs: PassInputs,
  cache: PassTaps["cache"],
): DecoderPieces {
  const masks = {
    global: attentionMask(g, inputs.causalMask, inputs.keyMask),
    local: attentionMask(g, windowMask(g, inputs.causalMask, config.windowSize), inputs.keyMask),
  };

  const attention = (x: Value, layer: number, name: string): Value => {
    const heads = (part: string): Value =>
      byHead(g, splitHeads(g, linear(g, parameter, x, `${name}.attention.${part}`, false), config.nHeads));
    const [keys, values] = [heads("k_proj"), heads("v_proj")];
    const before = cache?.(layer, keys, values);
    const mixed = attend(g, heads("q_proj"), keys, values, masks[config.attentionLayers[layer]], 1, before);
    return linear(g, parameter, mixed, `${name}.attention.out_proj`);
  };
  const mlp = (x: Value, name: string): Value => {
    const inner = applyActivation(g, config.activation, linear(g, parameter, x, `${name}.c_fc`));
    return linear(g, parameter, inner, `${name}.c_proj`);
  };

  return gptPieces(g, config, parameter, inputs, { attention, mlp });
}

export const gptNeo = decoder<GptNeoConfig>({
  modelType: "gpt_neo",
  className: "GPTNeoForCausalLM",
  names: gptNames,
  parseConfig,
  formatConfig,
  layout,
  roleInBlock,
  pieces,
  finalNormOfDirections: (g, _config, parameter, directions) =>
    layerNormOfDirections(g, parameter, directions, gptNames.finalNorm),
});
