/** Small random models. */
import { type GptNeoConfig, gptNeo } from "../../src/model/architectures/gpt-neo.js";
import { type GptNeoxConfig, gptNeox } from "../../src/model/architectures/gpt-neox.js";
import type { CausalLm } from "../../src/model/causal-lm.js";
import type { ModelConfig } from "../../src/model/language-model.js";
import { initialiseModel, type LoadOptions, parseModelConfig } from "../../src/model/load.js";
import { Rng } from "../../src/rng.js";

/** Heads as both families have them: every head has its own keys and values, and a share of the width. */
function headsOf({ dModel = 16, nHeads = 2 }: Partial<ModelConfig>): Pick<ModelConfig, "kvHeads" | "headSize"> {
  return { kvHeads: nHeads, headSize: dModel / nHeads };
}

/** A random GPT-NeoX of 2 layers, dModel 16, 2 heads and 23 tokens; weights are large enough for logits to differ. */
export function tinyModel(
  overrides: Partial<GptNeoxConfig> = {},
  options: LoadOptions & { seed?: number } = {},
): Promise<CausalLm> {
  const config: GptNeoxConfig = {
    modelType: "gpt_neox",
    vocabSize: 23,
    dModel: 16,
    dMlp: 24,
    nLayers: 2,
    nHeads: 2,
    ...headsOf(overrides),
    maxPositions: 64,
    bosTokenId: 0,
    eosTokenIds: [],
    activation: "gelu",
    layerNormEps: 1e-5,
    rotaryPct: 0.5,
    rotaryBase: 10000,
    useParallelResidual: true,
    tieWordEmbeddings: false,
    attentionBias: true,
    initializerRange: 0.4,
    ...overrides,
  };
  return initialiseModel(gptNeox, config, Rng.fromSeed(options.seed ?? 1, "tiny model"), options);
}

/** A random GPT-Neo of the same size: a block with global attention, and one with a window of 3 positions. */
export function tinyGptNeo(
  overrides: Partial<GptNeoConfig> = {},
  options: LoadOptions & { seed?: number } = {},
): Promise<CausalLm> {
  const config: GptNeoConfig = {
    modelType: "gpt_neo",
    vocabSize: 23,
    dModel: 16,
    dMlp: 24,
    nLayers: 2,
    nHeads: 2,
    ...headsOf(overrides),
    maxPositions: 64,
    bosTokenId: 0,
    eosTokenIds: [],
    attentionLayers: ["global", "local"],
    windowSize: 3,
    activation: "gelu_new",
    layerNormEps: 1e-5,
    tieWordEmbeddings: true,
    initializerRange: 0.4,
    ...overrides,
  };
  return initialiseModel(gptNeo, config, Rng.fromSeed(options.seed ?? 1, "tiny model"), options);
}

/** A random model of one of the families of Llama, of the same size: heads of queries share keys and values by two. */
export function tinyLlamaLike(
  modelType: string,
  fields: Readonly<Record<string, unknown>> = {},
  options: LoadOptions & { seed?: number } = {},
): Promise<CausalLm> {
  const sizes = {
    hidden_size: 16,
    intermediate_size: 24,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 6,
    max_position_embeddings: 64,
  };
  return fromJson({ model_type: modelType, ...sizes, ...fields }, options);
}

/** A random GPT-2 of the same size. */
export function tinyGpt2(
  fields: Readonly<Record<string, unknown>> = {},
  options: LoadOptions & { seed?: number } = {},
): Promise<CausalLm> {
  return fromJson(
    { model_type: "gpt2", n_embd: 16, n_inner: 24, n_layer: 2, n_head: 2, n_positions: 64, ...fields },
    options,
  );
}

function fromJson(json: object, options: LoadOptions & { seed?: number }): Promise<CausalLm> {
  const initializer_range = 0.4;
  const whole = { vocab_size: 23, bos_token_id: 0, initializer_range, ...json };
  const { architecture, config } = parseModelConfig(whole, "tiny model");
  const weights = { ...config, initializerRange: initializer_range };
  return initialiseModel(architecture, weights, Rng.fromSeed(options.seed ?? 1, "tiny model"), options);
}
