import { describe, expect, test } from "vitest";
import { FormatError } from "../../errors.js";
import { gptNeox } from "./gpt-neox.js";

const minimal = {
  vocab_size: 50304,
  hidden_size: 512,
  intermediate_size: 2048,
  num_hidden_layers: 6,
  num_attention_heads: 8,
};
const parse = (fields: Record<string, unknown> = {}) => gptNeox.parseConfig({ ...minimal, ...fields }, "config.json");

test("what config.json leaves out is as in transformers", () => {
  expect(parse()).toEqual({
    modelType: "gpt_neox",
    vocabSize: 50304,
    dModel: 512,
    dMlp: 2048,
    nLayers: 6,
    nHeads: 8,
    kvHeads: 8,
    headSize: 64,
    maxPositions: 2048,
    bosTokenId: null,
    eosTokenIds: [],
    activation: "gelu",
    layerNormEps: 1e-5,
    rotaryPct: 0.25,
    rotaryBase: 10000,
    useParallelResidual: true,
    tieWordEmbeddings: false,
    attentionBias: true,
    initializerRange: 0.02,
  });
});

test("three spellings of the rotary settings say the same", () => {
  const old = parse({ rotary_pct: 0.5, rotary_emb_base: 500, rope_scaling: null });
  expect(old).toMatchObject({ rotaryPct: 0.5, rotaryBase: 500 });
  expect(parse({ partial_rotary_factor: 0.5, rope_theta: 500, rotary_pct: 0.1, rotary_emb_base: 1 })).toEqual(old);
  expect(parse({ rope_parameters: { rope_type: "default", rope_theta: 500, partial_rotary_factor: 0.5 } })).toEqual(
    old,
  );
  expect(parse({ rope_parameters: { rope_theta: 500, partial_rotary_factor: 0.5 }, rotary_pct: 0.1 })).toEqual(old);
});

test("what is written is read again", () => {
  const config = parse({
    bos_token_id: 0,
    eos_token_id: 2,
    hidden_act: "silu",
    tie_word_embeddings: true,
    rotary_pct: 0.5,
  });
  expect(gptNeox.parseConfig(gptNeox.formatConfig(config), "config.json")).toEqual(config);
  expect(gptNeox.formatConfig(config)).toMatchObject({ architectures: ["GPTNeoXForCausalLM"], model_type: "gpt_neox" });
});

test("end-of-text tokens: none, one or several", () => {
  for (const [given, ids] of [
    [null, []],
    [5, [5]],
    [
      [0, 523],
      [0, 523],
    ],
  ]) {
    const config = parse({ eos_token_id: given });
    expect(config.eosTokenIds).toEqual(ids);
    expect(gptNeox.formatConfig(config).eos_token_id).toEqual(given);
  }
});

describe("what cannot be computed is refused", () => {
  test.each([
    [{ rope_scaling: { rope_type: "linear", factor: 2 } }, 'rotary scaling "linear" is not supported'],
    [{ rope_scaling: { type: "dynamic", factor: 2 } }, 'rotary scaling "dynamic" is not supported'],
    [{ rope_parameters: { rope_type: "yarn" } }, 'rotary scaling "yarn" is not supported'],
    [{ num_attention_heads: 7 }, "hidden_size 512 is not a multiple of num_attention_heads 7"],
    [{ rotary_pct: 0.05 }, "rotary_pct 0.05 turns 3 of 64 dimensions of a head"],
    [{ rotary_pct: -0.5 }, "rotary_pct -0.5 turns -32 of 64 dimensions"],
    [{ rotary_pct: 1.5 }, "rotary_pct 1.5 turns 96 of 64 dimensions"],
    [{ rotary_pct: "half" }, 'rotary_pct: expected a number, received "half"'],
    [{ use_parallel_residual: 1 }, "use_parallel_residual: expected true or false, received 1"],
    [{ hidden_act: 3 }, "hidden_act: expected a string, received 3"],
    [{ hidden_act: "prelu" }, /hidden_act: expected one of gelu, .*tanh, received "prelu"/],
    [
      { rope_scaling: { type: "linear" }, hidden_size: 0 },
      /2 problems\n {2}rotary scaling.*\n {2}hidden_size: expected/,
    ],
    [{ eos_token_id: 0.5 }, "eos_token_id: expected a token id, received 0.5"],
    [{ eos_token_id: [0, "end"] }, 'eos_token_id: expected a token id, received [0,"end"]'],
    [{ rope_parameters: [] }, "rope_parameters: expected an object, received []"],
    [
      { rope_parameters: { rope_theta: "x" } },
      'config.json: rope_parameters: rope_theta: expected a number from 1 to 1000000000000, received "x"',
    ],
    [{ num_hidden_layers: 0 }, "num_hidden_layers: expected a whole number from 1 to 1024, received 0"],
    [{ num_hidden_layers: null }, "num_hidden_layers: expected a whole number from 1 to 1024, received nothing"],
    [{ num_hidden_layers: 1e8 }, "num_hidden_layers: expected a whole number from 1 to 1024, received 100000000"],
    [{ vocab_size: 1e12 }, "vocab_size: expected a whole number from 1 to 4194304, received 1000000000000"],
    [
      { vocab_size: Number.POSITIVE_INFINITY },
      "vocab_size: expected a whole number from 1 to 4194304, received Infinity",
    ],
    [{ hidden_size: "512" }, 'hidden_size: expected a whole number from 1 to 65536, received "512"'],
    [{ num_attention_heads: 0 }, "num_attention_heads: expected a whole number from 1 to 4096, received 0"],
    [{ max_position_embeddings: 1e9 }, "max_position_embeddings: expected a whole number from 1 to 1048576, received"],
    [{ layer_norm_eps: -1 }, "layer_norm_eps: expected a number from 0 to 1, received -1"],
    [{ rotary_emb_base: 0 }, "rotary_emb_base: expected a number from 1 to 1000000000000, received 0"],
    [{ eos_token_id: -1 }, "eos_token_id: expected a token id, received -1"],
    [{ hidden_act: "x".repeat(1000) }, /received "x{95,96}\.\.\.$/],
    [
      { num_attention_heads: 7, max_position_embeddings: 2.5, vocab_size: -1 },
      /3 problems\n {2}vocab_size.*\n {2}max_position_embeddings.*\n {2}hidden_size 512 is not a multiple/,
    ],
  ])("%j", (fields, message) => {
    expect(() => parse(fields)).toThrow(message);
    expect(() => parse(fields)).toThrow(FormatError);
  });
});

test("parameters: Pythia-70m has 70,426,624, without a separate unembedding 44,670,976", () => {
  const count = (fields = {}) =>
    gptNeox.layout(parse(fields)).reduce((sum, { dims }) => sum + dims.reduce((product, size) => product * size, 1), 0);
  expect(count()).toBe(70_426_624);
  expect(count({ tie_word_embeddings: true })).toBe(44_670_976);
  expect(count() - count({ attention_bias: false })).toBe(6 * (3 * 512 + 512));
});

test("weight decay applies to matrices, not to norms and biases", () => {
  for (const { name, dims, decay } of gptNeox.layout(parse()))
    expect([name, Boolean(decay)]).toEqual([name, dims.length === 2]);
});
