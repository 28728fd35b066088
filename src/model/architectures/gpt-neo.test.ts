import { describe, expect, test } from "vitest";
import { FormatError } from "../../errors.js";
import { gptNeo } from "./gpt-neo.js";

/** The relevant fields of EleutherAI/gpt-neo-125m. */
const minimal = {
  vocab_size: 50257,
  hidden_size: 768,
  intermediate_size: null,
  num_layers: 12,
  num_heads: 12,
  attention_types: [[["global", "local"], 6]],
};
const parse = (fields: Record<string, unknown> = {}) => gptNeo.parseConfig({ ...minimal, ...fields }, "config.json");

test("what config.json leaves out is as in transformers", () => {
  expect(parse()).toEqual({
    modelType: "gpt_neo",
    vocabSize: 50257,
    dModel: 768,
    dMlp: 3072,
    nLayers: 12,
    nHeads: 12,
    kvHeads: 12,
    headSize: 64,
    maxPositions: 2048,
    bosTokenId: null,
    eosTokenIds: [],
    attentionLayers: Array.from({ length: 12 }, (_, layer) => (layer % 2 === 0 ? "global" : "local")),
    windowSize: 256,
    activation: "gelu_new",
    layerNormEps: 1e-5,
    tieWordEmbeddings: true,
    initializerRange: 0.02,
  });
  expect(parse({ attention_types: undefined, num_layers: 24 }).attentionLayers).toHaveLength(24);
});

test("attention as groups, and block by block, which counts where both are given", () => {
  const kinds = (fields: object) => parse({ num_layers: 3, ...fields }).attentionLayers.join(" ");
  expect(
    kinds({
      attention_types: [
        [["global"], 2],
        [["local"], 1],
      ],
    }),
  ).toBe("global global local");
  expect(kinds({ attention_types: [[["global", "local", "local"], 1]] })).toBe("global local local");
  expect(kinds({ attention_layers: ["local", "local", "global"] })).toBe("local local global");
});

test("what is written is read again", () => {
  const config = parse({
    window_size: 8,
    tie_word_embeddings: false,
    activation_function: "relu",
    eos_token_id: 50256,
  });
  expect(gptNeo.parseConfig(gptNeo.formatConfig(config), "config.json")).toEqual(config);
  expect(gptNeo.formatConfig(config)).toMatchObject({ architectures: ["GPTNeoForCausalLM"], model_type: "gpt_neo" });
});

describe("what cannot be computed is refused", () => {
  test.each([
    [{ num_heads: 7 }, "hidden_size 768 is not a multiple of num_heads 7"],
    [{ num_layers: 11 }, "attention is given for 12 blocks, num_layers is 11"],
    [
      { attention_types: [[["global", "sparse"], 6]] },
      'attention_types: expected groups such as [[["global", "local"], 6]]',
    ],
    [
      { attention_types: [["global", 12]] },
      /attention_types: expected groups such as \[.*\] for at most 1024 blocks, received \[\["global",12\]\]/,
    ],
    [{ attention_types: [[["global", "local"], 1e9]] }, 'received [[["global","local"],1000000000]]'],
    [{ num_layers: 1e8 }, "num_layers: expected a whole number from 1 to 1024, received 100000000"],
    [{ attention_layers: "global" }, 'attention_layers: expected a list of "global" and "local", received "global"'],
    [{ window_size: 0 }, "window_size: expected a whole number from 1 to 1048576, received 0"],
    [{ activation_function: "xielu" }, /activation_function: expected one of gelu, .*, received "xielu"/],
    [{ hidden_size: -1, window_size: 1.5 }, /2 problems\n {2}hidden_size: .* -1\n {2}window_size: .* 1.5/],
  ])("%j", (fields, message) => {
    expect(() => parse(fields)).toThrow(message);
    expect(() => parse(fields)).toThrow(FormatError);
  });
});

test("parameters: GPT-Neo-125m has 125,198,592, with a separate unembedding 50257 * 768 more", () => {
  const count = (fields = {}) =>
    gptNeo.layout(parse(fields)).reduce((sum, { dims }) => sum + dims.reduce((product, size) => product * size, 1), 0);
  expect(count()).toBe(125_198_592);
  expect(count({ tie_word_embeddings: false }) - count()).toBe(50257 * 768);
});

test("a start from scratch: norms at 1, biases at 0, what writes to the residual stream smaller", () => {
  const starts = new Map(gptNeo.layout(parse()).map(({ name, start }) => [name, start]));
  expect(starts.get("transformer.h.3.ln_2.weight")).toBe("ones");
  expect(starts.get("transformer.h.3.mlp.c_fc.bias")).toBe("zeros");
  expect(starts.get("transformer.wpe.weight")).toBe("normal");
  expect([...starts].filter(([, start]) => start === "residual").map(([name]) => name)).toEqual(
    Array.from({ length: 12 }, (_, n) => [
      `transformer.h.${n}.attn.attention.out_proj.weight`,
      `transformer.h.${n}.mlp.c_proj.weight`,
    ]).flat(),
  );
});
