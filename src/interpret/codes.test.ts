import { describe, expect, it } from "vitest";
import { fakeModel } from "../../test/fake-language-model.js";
import { encodeRows, encodeTexts, type LayerEncoder } from "./codes.js";

/** Codes [x, 2x + layer, 0] of the single activation x. */
function encoder(layer: number): LayerEncoder {
  return {
    layer,
    dSae: 3,
    encode: async ({ dims, data }) => ({
      dims: [dims[0], 3],
      data: Float32Array.from([...data].flatMap((x) => [x, 2 * x + layer, 0])),
    }),
  };
}

const model = fakeModel({ vocabSize: 100, dModel: 1, mlpOutput: (layer, tokens) => [10 * tokens.at(-1)! + layer] });
const none = new Float32Array(0);
const texts = [[1, 2, 3], [4], [], [5, 6]];

describe("encodeTexts", () => {
  it("gives every text its own codes, padding left out, from short to long", async () => {
    const progress: [number, number][] = [];
    const seen = new Map<number, number[][]>();
    for await (const { text, tokens, codes } of encodeTexts(model, [encoder(2), encoder(4)], texts, {
      batchSize: 2,
      onBatch: (done, total) => progress.push([done, total]),
    })) {
      expect(tokens).toBe(texts[text]);
      seen.set(
        text,
        codes.map((layer) => [...layer]),
      );
    }
    expect([...seen.keys()]).toEqual([1, 3, 0]);
    expect(seen.get(3)).toEqual([
      [52, 106, 0, 62, 126, 0],
      [54, 112, 0, 64, 132, 0],
    ]);
    expect(seen.get(0)![0]).toEqual([12, 26, 0, 22, 46, 0, 32, 66, 0]);
    expect(progress).toEqual([
      [2, 3],
      [3, 3],
    ]);
  });

  it("stops when told to", async () => {
    const controller = new AbortController();
    const run = async () => {
      for await (const _ of encodeTexts(model, [encoder(0)], texts, { batchSize: 1, signal: controller.signal })) {
        controller.abort(new Error("stopped"));
      }
    };
    await expect(run()).rejects.toThrow("stopped");
  });
});

describe("encodeRows", () => {
  it("reads the last token of rows of different length", async () => {
    const [codes] = await encodeRows(model, [encoder(0)], [[1, 2, 3], [4]], { positions: "last" });
    expect([...codes]).toEqual([30, 60, 0, 40, 80, 0]);
  });

  it("reads a layer before its own edit, with those of the layers below in force", async () => {
    const passes: { hooks: readonly string[]; edits: string[] }[] = [];
    const watched = fakeModel({
      vocabSize: 100,
      dModel: 1,
      mlpOutput: (layer, tokens) => [10 * tokens.at(-1)! + layer],
      onForward: (_, { hooks = [], edits = [] }) => passes.push({ hooks, edits: edits.map(({ at }) => at) }),
    });
    const dictionary = { dIn: 1, dSae: 0, wEnc: none, bEnc: none, wDec: none, bDec: none, applyBDecToInput: false };
    const edits = [2, 10].map((layer) => ({
      at: `blocks.${layer}.hook_mlp_out`,
      kind: "replace" as const,
      dictionary,
      features: [],
    }));
    const [low, high] = await encodeRows(watched, [encoder(2), encoder(10)], [[4]], { positions: "last", edits });
    expect(passes).toEqual([
      { hooks: ["blocks.2.hook_mlp_out"], edits: [] },
      { hooks: ["blocks.10.hook_mlp_out"], edits: ["blocks.2.hook_mlp_out"] },
    ]);
    expect([low[0], high[0]]).toEqual([42, 50]);
  });
});
