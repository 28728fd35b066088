import { expect, test } from "vitest";
import { Graph } from "../../graph/builder.js";
import { parameterInputs } from "../../runtime/parameter-inputs.js";
import type { HookPoint } from "../hook-points.js";
import { passInputs } from "./architecture.js";
import { gptNeox } from "./gpt-neox.js";

const config = gptNeox.parseConfig(
  {
    vocab_size: 11,
    hidden_size: 8,
    intermediate_size: 12,
    num_hidden_layers: 3,
    num_attention_heads: 2,
    rotary_pct: 0.5,
  },
  "config.json",
);

/** The parameters that a pass reads, block by block, and its taps. */
function pass(last?: HookPoint): { parameters: string[]; tapped: string[] } {
  const g = new Graph("pass");
  const tapped: string[] = [];
  const parameter = parameterInputs(g, gptNeox.layout(config));
  gptNeox.hidden(g, config, parameter, passInputs(g), {
    at: ({ layer, site }, value) => {
      tapped.push(`${layer} ${site}`);
      return value;
    },
    last,
  });
  const names = g.inputs.flatMap(({ name }) => /^parameters\/gpt_neox\.(.*)\.\w+$/.exec(name ?? "")?.slice(1) ?? []);
  return { parameters: [...new Set(names.map((name) => name.replace("layers.", "")))], tapped };
}

const blockParts = ["input_layernorm", "attention.query_key_value", "attention.dense"];
const mlpParts = ["post_attention_layernorm", "mlp.dense_h_to_4h", "mlp.dense_4h_to_h"];
const block = (layer: number, parts: readonly string[]): string[] => parts.map((part) => `${layer}.${part}`);

test("a pass that ends at a hook point reads no parameter of what comes after it", () => {
  const first = ["embed_in", ...block(0, [...blockParts, ...mlpParts])];
  expect(pass({ layer: 1, site: "attn_out" })).toEqual({
    parameters: [...first, ...block(1, blockParts)],
    tapped: ["0 attn_out", "0 mlp_out", "0 resid_post", "1 attn_out"],
  });
  const second = [...first, ...block(1, [...blockParts, ...mlpParts])];
  expect(pass({ layer: 1, site: "mlp_out" }).parameters).toEqual(second);
  expect(pass({ layer: 1, site: "mlp_out" }).tapped.at(-1)).toBe("1 mlp_out");
  expect(pass({ layer: 1, site: "resid_post" }).parameters).toEqual(second);
  expect(pass({ layer: 1, site: "resid_post" }).tapped.at(-1)).toBe("1 resid_post");
});

test("a whole pass goes through every hook point and the final norm", () => {
  const { parameters, tapped } = pass();
  expect(tapped).toHaveLength(9);
  expect(parameters.at(-1)).toBe("final_layer_norm");
});
