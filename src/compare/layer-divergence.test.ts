import { describe, expect, it } from "vitest";
import type { LanguageModel } from "../model/language-model.js";
import type { FloatTensor } from "../runtime/tensor.js";
import { layerDivergence } from "./layer-divergence.js";

function modelWith(parameters: Record<string, number[]>): LanguageModel {
  const unused = () => Promise.reject(new Error("not part of this test"));
  return {
    config: {
      modelType: "gpt_neox",
      vocabSize: 2,
      dModel: 2,
      dMlp: 2,
      nLayers: 3,
      nHeads: 1,
      kvHeads: 1,
      headSize: 2,
      maxPositions: 8,
      bosTokenId: null,
      eosTokenIds: [],
    },
    parameterNames: Object.keys(parameters),
    parameter: async (name): Promise<FloatTensor> => ({
      dims: [parameters[name].length],
      data: Float32Array.from(parameters[name]),
    }),
    forward: unused,
    logProbs: unused,
    generate: unused,
    dispose: async () => {},
  };
}

const base = {
  "gpt_neox.embed_in.weight": [0, 0],
  "gpt_neox.layers.0.mlp.weight": [1, 1],
  "gpt_neox.layers.0.mlp.bias": [0, 0],
  "gpt_neox.layers.1.mlp.weight": [1, 1],
  "gpt_neox.layers.10.mlp.weight": [5, 5],
};
const tuned = {
  "gpt_neox.embed_in.weight": [100, 0],
  "gpt_neox.layers.0.mlp.weight": [4, 5],
  "gpt_neox.layers.0.mlp.bias": [0, 2],
  "gpt_neox.layers.1.mlp.weight": [1, 1.5],
  "gpt_neox.layers.10.mlp.weight": [5, 6],
};

describe("layerDivergence", () => {
  it("sums the norms of a layer's tensors and lists the rest apart", async () => {
    const result = await layerDivergence(modelWith(base), modelWith(tuned), { choose: "highest", count: 2 });
    expect(result.layers.map(({ layer, divergence }) => [layer, divergence])).toEqual([
      [0, 7], // |(3, 4)| + |(0, 2)|
      [1, 0.5],
      [10, 1],
    ]);
    expect(result.layers[0].tensors).toEqual([
      { name: "gpt_neox.layers.0.mlp.weight", l2: 5 },
      { name: "gpt_neox.layers.0.mlp.bias", l2: 2 },
    ]);
    expect(result.others).toEqual([{ name: "gpt_neox.embed_in.weight", l2: 100 }]);
    expect(result.chosen).toEqual([0, 10]);
  });

  it("chooses the lowest or all layers", async () => {
    const models = [modelWith(base), modelWith(tuned)] as const;
    expect((await layerDivergence(...models, { choose: "lowest", count: 2 })).chosen).toEqual([1, 10]);
    expect((await layerDivergence(...models, { choose: "all", count: 1 })).chosen).toEqual([0, 1, 10]);
    expect((await layerDivergence(...models, { choose: "lowest", count: 4 })).chosen).toEqual([0, 1, 10]);
  });

  it("reads GPT-Neo's names", async () => {
    const names = { "transformer.h.2.ln_1.weight": [0], "transformer.ln_f.weight": [0] };
    const moved = { "transformer.h.2.ln_1.weight": [3], "transformer.ln_f.weight": [1] };
    const result = await layerDivergence(modelWith(names), modelWith(moved), { choose: "highest", count: 1 });
    expect(result.layers.map(({ layer, divergence }) => [layer, divergence])).toEqual([[2, 3]]);
    expect(result.others).toEqual([{ name: "transformer.ln_f.weight", l2: 1 }]);
  });

  it("reads the names of Llama's families", async () => {
    const names = { "model.layers.0.mlp.up_proj.weight": [0], "model.norm.weight": [0] };
    const moved = { "model.layers.0.mlp.up_proj.weight": [2], "model.norm.weight": [1] };
    const result = await layerDivergence(modelWith(names), modelWith(moved), { choose: "all", count: 1 });
    expect(result.layers.map(({ layer, divergence }) => [layer, divergence])).toEqual([[0, 2]]);
    expect(result.others).toEqual([{ name: "model.norm.weight", l2: 1 }]);
  });

  it("refuses models whose parameters differ", async () => {
    const options = { choose: "all", count: 1 } as const;
    const { "gpt_neox.layers.1.mlp.weight": _, ...lacking } = tuned;
    await expect(layerDivergence(modelWith(base), modelWith(lacking), options)).rejects.toThrow(
      "the tuned model lacks gpt_neox.layers.1.mlp.weight",
    );
    const longer = { ...tuned, "gpt_neox.layers.1.mlp.weight": [1, 2, 3] };
    await expect(layerDivergence(modelWith(base), modelWith(longer), options)).rejects.toThrow(
      "base has [2], tuned has [3]",
    );
  });
});
