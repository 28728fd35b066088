/** Reading each family's config.json, and rejected fields. */
import { describe, expect, test } from "vitest";
import { FormatError } from "../../../errors.js";
import type { Architecture } from "../architecture.js";
import { gpt2 } from "../gpt2.js";
import type { LlamaLikeConfig } from "./config.js";
import { gemma3 } from "./gemma3.js";
import { mistral } from "./mistral.js";
import { olmo2 } from "./olmo2.js";
import { qwen2, qwen3 } from "./qwen.js";

type Json = Readonly<Record<string, unknown>>;

const sizes = (width: number, mlp: number, layers: number, heads: number, kvHeads: number, vocab: number): Json => ({
  vocab_size: vocab,
  hidden_size: width,
  intermediate_size: mlp,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  num_key_value_heads: kvHeads,
});

/** A published model of each family: the fields that matter, and its number of parameters. */
const published = {
  "Qwen2.5-0.5B": [qwen2, { ...sizes(896, 4864, 24, 14, 2, 151936), tie_word_embeddings: true }, 494_032_768],
  "Qwen3-0.6B": [qwen3, { ...sizes(1024, 3072, 28, 16, 8, 151936), tie_word_embeddings: true }, 596_049_920],
  "Mistral-7B-v0.1": [mistral, sizes(4096, 14336, 32, 32, 8, 32000), 7_241_732_096],
  "OLMo-2-0425-1B": [olmo2, sizes(2048, 8192, 16, 16, 16, 100352), 1_484_916_736],
  "gemma-3-270m": [gemma3, { ...sizes(640, 2048, 18, 4, 1, 262144), sliding_window: 512 }, 268_098_176],
  "GPT-2": [gpt2, { vocab_size: 50257 }, 124_439_808],
} as const satisfies Record<string, readonly [Architecture, Json, number]>;

test.each(Object.entries(published))("parameters of %s", (_name, [architecture, json, parameters]) => {
  const layout = (architecture as Architecture).layout(architecture.parseConfig(json, "config.json"));
  expect(layout.reduce((sum, { dims }) => sum + dims.reduce((product, size) => product * size, 1), 0)).toBe(parameters);
  for (const { name, dims, decay } of layout) expect([name, Boolean(decay)]).toEqual([name, dims.length === 2]);
});

const tiny = sizes(8, 12, 3, 4, 2, 19);

/** Settings other than the defaults, and the expected configuration. */
const settings: readonly [Architecture, Json, Partial<LlamaLikeConfig>][] = [
  [qwen2, {}, { attentionBias: true, outputBias: false, windows: [null, null, null], headSize: 2 }],
  [qwen2, { sliding_window: 4, max_window_layers: 1 }, { windows: [null, null, null] }],
  [qwen2, { use_sliding_window: true, sliding_window: 4, max_window_layers: 1 }, { windows: [null, 4, 4] }],
  [
    qwen3,
    {
      use_sliding_window: true,
      sliding_window: 4,
      layer_types: ["sliding_attention", "full_attention", "full_attention"],
    },
    { windows: [4, null, null], headSize: 128, attentionBias: false },
  ],
  [qwen3, { attention_bias: true, head_dim: 6 }, { attentionBias: true, outputBias: true, headSize: 6 }],
  [mistral, {}, { windows: [4096, 4096, 4096], headSize: 2, maxPositions: 131072 }],
  [mistral, { sliding_window: null, head_dim: 16 }, { windows: [null, null, null], headSize: 16 }],
  [olmo2, { rope_theta: 500000 }, { rmsNormEps: 1e-5, rope: { base: 500000, scaling: null } }],
  [
    gemma3,
    {},
    {
      windows: [4096, 4096, 4096],
      headSize: 256,
      tieWordEmbeddings: true,
      activation: "gelu_pytorch_tanh",
      scoreScalar: 256,
      logitCap: null,
      rope: { base: 1e6, scaling: null },
      windowRope: { base: 1e4, scaling: null },
    },
  ],
  [
    gemma3,
    {
      sliding_window: 8,
      sliding_window_pattern: 3,
      query_pre_attn_scalar: 168,
      final_logit_softcapping: 30,
      rope_theta: 5e5,
      rope_local_base_freq: 100,
      rope_scaling: { rope_type: "linear", factor: 8 },
    },
    {
      windows: [8, 8, null],
      scoreScalar: 168,
      logitCap: 30,
      rope: { base: 5e5, scaling: { type: "linear", factor: 8 } },
      windowRope: { base: 100, scaling: null },
    },
  ],
];

test.each(settings)("$modelType with %j", (architecture, fields, expected) => {
  const config = architecture.parseConfig({ ...tiny, ...fields }, "config.json");
  expect(config).toMatchObject(expected);
  const written = architecture.formatConfig(config);
  expect(written).toMatchObject({ architectures: [architecture.className], model_type: architecture.modelType });
  expect(architecture.parseConfig(written, "config.json")).toEqual(config);
  // As transformers 4 reads it, without rope_parameters, and as transformers 5 does.
  expect(architecture.parseConfig({ ...written, rope_parameters: undefined }, "config.json")).toEqual(config);
  const { rope_theta, rope_scaling, rope_local_base_freq, ...newer } = written;
  expect(architecture.parseConfig(newer, "config.json")).toEqual(config);
});

test.each([{}, { n_inner: 12, tie_word_embeddings: false, scale_attn_by_inverse_layer_idx: true }])(
  "gpt2 with %j",
  (fields) => {
    const config = gpt2.parseConfig({ vocab_size: 19, ...fields }, "config.json");
    expect(gpt2.parseConfig(gpt2.formatConfig(config), "config.json")).toEqual(config);
  },
);

describe("what cannot be computed is refused", () => {
  const refused: readonly [Architecture, Json, string][] = [
    [qwen2, { layer_types: ["sliding_attention", "full_attention", "full_attention"] }, "there is no sliding_window"],
    [qwen3, { layer_types: ["full_attention"] }, 'layer_types: expected 3 of "full_attention" and "sliding_attention"'],
    [qwen3, { rope_scaling: { rope_type: "yarn", factor: 4 } }, 'rotary scaling "yarn" is not supported'],
    [mistral, { layer_types: ["full_attention"] }, "layer_types: Mistral has one sliding_window for all blocks"],
    [mistral, { sliding_window: 0 }, "sliding_window: expected a whole number from 1 to 1048576, received 0"],
    [olmo2, { rope_parameters: { rope_type: "longrope" } }, 'rotary scaling "longrope" is not supported'],
    [gemma3, { attn_logit_softcapping: 50 }, "attn_logit_softcapping: expected null"],
    [gemma3, { use_bidirectional_attention: true }, "use_bidirectional_attention: expected false"],
    [gemma3, { rope_parameters: { rope_theta: 5 } }, "expected groups full_attention and sliding_attention"],
    [gemma3, { sliding_window: null }, "has sliding_attention, but there is no sliding_window"],
    [gpt2, { add_cross_attention: true }, "add_cross_attention: expected false"],
    [gpt2, { n_head: 7 }, "n_embd 768 is not a multiple of n_head 7"],
    [gpt2, { quantization_config: {} }, "quantization_config: quantised weights are not supported"],
  ];
  test.each(refused)("$modelType with %j", (architecture, fields, message) => {
    const parse = () => architecture.parseConfig({ ...tiny, ...fields }, "config.json");
    expect(parse).toThrow(message);
    expect(parse).toThrow(FormatError);
  });
});
