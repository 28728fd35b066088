import { describe, expect, it } from "vitest";
import { fakeModel } from "../../../test/support/fake-language-model.js";
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

  it("reads the positions that are asked for, and no further", async () => {
    let longest = 0;
    const watched = fakeModel({
      vocabSize: 100,
      dModel: 1,
      mlpOutput: (_, tokens) => {
        longest = Math.max(longest, tokens.length);
        return [tokens.at(-1)!];
      },
    });
    const positionsOf = (tokens: readonly number[]) => [...tokens.keys()].filter((t) => tokens[t] % 2 === 1);
    const seen: object[] = [];
    for await (const one of encodeTexts(watched, [encoder(0)], [[2, 1, 3, 4, 6], [4], [7]], {
      batchSize: 8,
      positionsOf,
    }))
      seen.push({ text: one.text, positions: one.positions, codes: [...one.codes[0]] });
    expect(seen).toEqual([
      { text: 2, positions: [0], codes: [7, 14, 0] },
      { text: 0, positions: [1, 2], codes: [1, 2, 0, 3, 6, 0] },
    ]);
    expect(longest).toBe(3);
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
  it("reads alternatives at the end of rows of different length, each after what stands before them all", async () => {
    const sums = fakeModel({
      vocabSize: 100,
      dModel: 1,
      mlpOutput: (_, tokens) => [tokens.reduce((sum, token) => 10 * sum + token, 0)],
    });
    const rows = [
      [1, 2, 3],
      [4, 5],
    ];
    const first = async (alternatives: number) =>
      (
        await encodeRows(sums, [encoder(0)], rows, {
          positions: rows.map((row) => lastOf(row, alternatives)),
          alternatives,
        })
      )[0].filter((_, i) => i % 3 === 0);
    const lastOf = (row: number[], count: number) => [...row.keys()].slice(-count);
    expect([...(await first(1))]).toEqual([123, 45]);
    expect([...(await first(2))]).toEqual([12, 13, 4, 5]);
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
    const [low, high] = await encodeRows(watched, [encoder(2), encoder(10)], [[4]], { edits });
    expect(passes).toEqual([
      { hooks: ["blocks.2.hook_mlp_out"], edits: [] },
      { hooks: ["blocks.10.hook_mlp_out"], edits: ["blocks.2.hook_mlp_out"] },
    ]);
    expect([low[0], high[0]]).toEqual([42, 50]);
  });
});
