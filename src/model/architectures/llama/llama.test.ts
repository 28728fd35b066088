import { describe, expect, test } from "vitest";
import { FormatError } from "../../../errors.js";
import { llama } from "./llama.js";

/** The relevant fields of SmolLM2-135M. */
const smol = {
  vocab_size: 49152,
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  max_position_embeddings: 8192,
  rope_theta: 100000,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
};
const parse = (fields: Record<string, unknown> = {}) => llama.parseConfig({ ...smol, ...fields }, "config.json");

/** The scaling of Llama 3.2, in the form of transformers 4. */
const llama3 = {
  rope_type: "llama3",
  factor: 32,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
};

test("what config.json leaves out is as in transformers", () => {
  const own = ["rope_theta", "rms_norm_eps", "tie_word_embeddings", "num_key_value_heads", "max_position_embeddings"];
  const left = Object.fromEntries(own.map((name) => [name, undefined]));
  const rope = { base: 10000, scaling: null };
  expect(parse(left)).toEqual({
    modelType: "llama",
    vocabSize: 49152,
    dModel: 576,
    dMlp: 1536,
    nLayers: 30,
    nHeads: 9,
    kvHeads: 9,
    headSize: 64,
    maxPositions: 2048,
    bosTokenId: null,
    eosTokenIds: [],
    activation: "silu",
    rmsNormEps: 1e-6,
    tieWordEmbeddings: false,
    initializerRange: 0.02,
    attentionBias: false,
    outputBias: false,
    mlpBias: false,
    windows: Array(30).fill(null),
    rope,
    windowRope: rope,
    scoreScalar: 64,
    logitCap: null,
  });
});

test("both spellings of the rotary settings say the same", () => {
  const old = parse({ rope_theta: 500000, rope_scaling: llama3 });
  expect(old.rope).toEqual({
    base: 500000,
    scaling: { type: "llama3", factor: 32, lowFreqFactor: 1, highFreqFactor: 4, originalPositions: 8192 },
  });
  expect(parse({ rope_theta: undefined, rope_parameters: { ...llama3, rope_theta: 500000 } })).toEqual(old);
  expect(parse({ rope_scaling: { type: "linear", factor: 4 } }).rope.scaling).toEqual({ type: "linear", factor: 4 });
  expect(parse({ rope_scaling: null }).rope).toEqual({ base: 100000, scaling: null });
});

test.each([
  {},
  { rope_scaling: llama3 },
  { rope_scaling: { rope_type: "linear", factor: 2 }, attention_bias: true, mlp_bias: true },
  { head_dim: 32, tie_word_embeddings: false, bos_token_id: 1, eos_token_id: [2, 3] },
])("what is written is read again: %j", (fields) => {
  const config = parse(fields);
  expect(llama.parseConfig(llama.formatConfig(config), "config.json")).toEqual(config);
  expect(llama.formatConfig(config)).toMatchObject({ architectures: ["LlamaForCausalLM"], model_type: "llama" });
});

describe("what cannot be computed is refused", () => {
  test.each([
    [{ rope_scaling: { rope_type: "yarn", factor: 2 } }, 'rope_scaling: rotary scaling "yarn" is not supported'],
    [{ rope_parameters: { rope_type: "dynamic" } }, "only default, linear and llama3 are"],
    [{ rope_scaling: { type: "linear" } }, "rope_scaling: factor: expected a number for rotary scaling linear"],
    [{ rope_scaling: { ...llama3, low_freq_factor: undefined } }, "low_freq_factor: expected a number"],
    [{ rope_scaling: { ...llama3, high_freq_factor: 1 } }, "expected more than low_freq_factor 1, received 1"],
    [{ rope_parameters: { full_attention: { rope_theta: 1 } } }, "full_attention: rotary settings for each kind"],
    [{ rope_parameters: { partial_rotary_factor: 0.5 } }, "partial_rotary_factor: expected 1, all of a head"],
    [{ quantization_config: { bits: 4 } }, "quantization_config: quantised weights are not supported"],
    [{ num_key_value_heads: 2 }, "num_attention_heads 9 is not a multiple of num_key_value_heads 2"],
    [{ num_attention_heads: 7 }, "hidden_size 576 is not a multiple of num_attention_heads 7"],
    [{ head_dim: 7 }, "a head has 7 dimensions, expected an even number"],
    [{ hidden_act: "xielu" }, /hidden_act: expected one of gelu, .*, received "xielu"/],
    [{ hidden_size: -1, vocab_size: 1.5 }, /2 problems\n {2}hidden_size: .* -1\n {2}vocab_size: .* 1.5/],
  ])("%j", (fields, message) => {
    expect(() => parse(fields)).toThrow(message);
    expect(() => parse(fields)).toThrow(FormatError);
  });
});

test("parameters: SmolLM2-135M has 134,515,008", () => {
  const count = (fields = {}) =>
    llama.layout(parse(fields)).reduce((sum, { dims }) => sum + dims.reduce((product, size) => product * size, 1), 0);
  expect(count()).toBe(134_515_008);
  expect(count({ tie_word_embeddings: false }) - count()).toBe(49152 * 576);
});

test("a start from scratch: norms at 1, what writes to the residual stream smaller; weight decay for matrices alone", () => {
  const layout = llama.layout(parse({ attention_bias: true }));
  const starts = new Map(layout.map(({ name, start }) => [name, start]));
  expect(starts.get("model.layers.3.post_attention_layernorm.weight")).toBe("ones");
  expect(starts.get("model.layers.3.self_attn.q_proj.bias")).toBe("zeros");
  expect([...starts].filter(([name, start]) => start === "residual" && name.includes(".3."))).toHaveLength(2);
  for (const { name, dims, decay } of layout) expect([name, Boolean(decay)]).toEqual([name, dims.length === 2]);
});
