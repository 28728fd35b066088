import { afterAll, describe, expect, test } from "vitest";
import { tinyModel } from "../../test/support/tiny-models.js";
import type { FeatureDictionary } from "../dictionary/dictionary.js";
import { RewardscopeError, ShapeError } from "../errors.js";
import { Rng } from "../rng.js";
import { Engine } from "../runtime/engine.js";
import type { CausalLm } from "./causal-lm.js";
import { type Edit, mlpHookPoint } from "./language-model.js";

const engine = new Engine();
afterAll(() => engine.close());
const model: CausalLm = await tinyModel({}, { engine });
const { vocabSize, dModel, maxPositions } = model.config;

const prompts = [[3, 1, 4, 1, 5], [9, 2], [6], [5, 3, 5, 8, 9, 7, 9, 3, 2]];

/** Greedy continuation by whole forward passes, one row at a time, without a cache. */
async function greedyByForward(
  prompt: readonly number[],
  newTokens: number,
  edits: readonly Edit[] = [],
): Promise<number[]> {
  const row = [...prompt];
  for (let step = 0; step < newTokens; step++) {
    const { logits } = await model.forward({ inputIds: [row] }, { logits: "last", edits });
    row.push(logits.data.indexOf(Math.max(...logits.data)));
  }
  return row;
}

describe("greedy", () => {
  test("the cache changes nothing: what whole forward passes give, prompts of different length together, while the cache grows", async () => {
    const expected = await Promise.all(prompts.map((prompt) => greedyByForward(prompt, 40)));
    const together = await model.generate(prompts, { maxNewTokens: 40, temperature: 0 });
    expect(together).toEqual(expected);
    for (const [row, prompt] of prompts.entries())
      expect(await model.generate([prompt], { maxNewTokens: 40, temperature: 0 })).toEqual([expected[row]]);
    expect(new Set(together.flat()).size).toBeGreaterThan(5);
  });

  test("more rows than are sampled at once", async () => {
    const many = Array.from({ length: 130 }, (_, row) => prompts[row % 4]);
    const expected = await model.generate(prompts, { maxNewTokens: 5, temperature: 0 });
    const rows = await model.generate(many, { maxNewTokens: 5, temperature: 0 });
    expect(rows).toEqual(many.map((_, row) => expected[row % 4]));
  });

  test("edits in generate are the edits of forward", async () => {
    const rng = Rng.fromSeed(1, "dictionary");
    const draw = (n: number): Float32Array => Float32Array.from({ length: n }, () => 0.5 * rng.normal());
    const dSae = 8;
    const dictionary: FeatureDictionary = {
      dIn: dModel,
      dSae,
      wEnc: draw(dModel * dSae),
      bEnc: draw(dSae),
      wDec: draw(dSae * dModel),
      bDec: draw(dModel),
      applyBDecToInput: true,
      kind: { name: "relu" },
    };
    const at = mlpHookPoint(1);
    for (const edits of [
      [{ at, kind: "subtractFeatures", dictionary, features: [0, 1, 2, 3], strength: 2 }],
      [
        { at: mlpHookPoint(0), kind: "replace", dictionary, features: [1] },
        { at, kind: "add", dictionary, features: [5], strength: 3 },
      ],
    ] satisfies Edit[][]) {
      const expected = await Promise.all(prompts.map((prompt) => greedyByForward(prompt, 8, edits)));
      expect(await model.generate(prompts, { maxNewTokens: 8, temperature: 0, edits })).toEqual(expected);
      expect(expected).not.toEqual(await model.generate(prompts, { maxNewTokens: 8, temperature: 0 }));
    }
  });
});

describe.each([
  ["the whole vocabulary", {}],
  ["top-k", { topK: 5 }],
  ["top-p", { topP: 0.8 }],
  ["both, at another temperature", { topK: 10, topP: 0.9, temperature: 1.5 }],
])("sampling from %s", (_name, settings) => {
  test("the seed decides the text", async () => {
    const first = await model.generate(prompts, { maxNewTokens: 10, seed: 7, ...settings });
    expect(await model.generate(prompts, { maxNewTokens: 10, seed: 7, ...settings })).toEqual(first);
    expect(await model.generate(prompts, { maxNewTokens: 10, seed: 8, ...settings })).not.toEqual(first);
  });

  test("a row's text does not depend on its neighbours, nor on when they end", async () => {
    const options = { maxNewTokens: 10, seed: 3, ...settings };
    const rows = await model.generate(prompts, options);
    expect((await model.generate([[0], prompts[1]], options))[1]).toEqual(rows[1]);
    expect((await model.generate(prompts.slice(0, 3), options))[2]).toEqual(rows[2]);
    const uneven = await model.generate(prompts, { ...options, maxNewTokensPerRow: [2, 10, 0, 4] });
    expect(uneven).toEqual(rows.map((row, i) => row.slice(0, prompts[i].length + [2, 10, 0, 4][i])));
  });
});

test("sampled tokens follow the model's distribution (chi-square at 0.1 %)", async () => {
  const prompt = [4, 11];
  const n = 1500;
  const { logits } = await model.forward({ inputIds: [prompt] }, { logits: "last" });
  const rows = Array.from({ length: n }, () => prompt);
  for (const { settings, kept } of [
    { settings: { temperature: 0.8 }, kept: vocabSize },
    { settings: { temperature: 2 }, kept: vocabSize },
    { settings: { temperature: 0.8, topK: 4 }, kept: 4 },
  ]) {
    const order = [...logits.data.keys()].sort((a, b) => logits.data[b] - logits.data[a]).slice(0, kept);
    const weights = order.map((id) => Math.exp(logits.data[id] / settings.temperature));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const counts = new Map<number, number>();
    for (const row of await model.generate(rows, { maxNewTokens: 1, ...settings }))
      counts.set(row[2], (counts.get(row[2]) ?? 0) + 1);
    expect([...counts.keys()].every((id) => order.includes(id))).toBe(true);
    // Tokens that are expected fewer than five times are counted together.
    const bins = [{ expected: 0, found: 0 }];
    for (const [i, id] of order.entries()) {
      const expected = (n * weights[i]) / total;
      const found = counts.get(id) ?? 0;
      if (expected >= 5) bins.push({ expected, found });
      else bins[0] = { expected: bins[0].expected + expected, found: bins[0].found + found };
    }
    const used = bins.filter(({ expected }) => expected > 0);
    const chiSquare = used.reduce((sum, { expected, found }) => sum + (found - expected) ** 2 / expected, 0);
    const freedom = used.length - 1;
    // Wilson and Hilferty's approximation of the 99.9 % quantile.
    const limit = freedom * (1 - 2 / (9 * freedom) + 3.09 * Math.sqrt(2 / (9 * freedom))) ** 3;
    expect(chiSquare, `${JSON.stringify(settings)}, ${freedom} degrees`).toBeLessThan(limit);
  }
});

test("top-k of 1 is greedy, and so is a temperature near 0", async () => {
  const greedy = await model.generate(prompts, { maxNewTokens: 8, temperature: 0 });
  expect(await model.generate(prompts, { maxNewTokens: 8, topK: 1 })).toEqual(greedy);
  expect(await model.generate(prompts, { maxNewTokens: 8, temperature: 1e-3 })).toEqual(greedy);
});

test("a stop token ends its row and is kept; the model's ends of text are the default", async () => {
  const rows = await model.generate(prompts, { maxNewTokens: 12, temperature: 0 });
  const stops = [rows[0][prompts[0].length + 3], rows[1][prompts[1].length + 6]];
  const stopped = (row: readonly number[], i: number): number[] => {
    const at = row.findIndex((id, t) => t >= prompts[i].length && stops.includes(id));
    return at < 0 ? [...row] : row.slice(0, at + 1);
  };
  const expected = rows.map(stopped);
  expect(await model.generate(prompts, { maxNewTokens: 12, temperature: 0, stopTokens: stops })).toEqual(expected);
  const ending = await tinyModel({ eosTokenIds: stops }, { engine });
  expect(await ending.generate(prompts, { maxNewTokens: 12, temperature: 0 })).toEqual(expected);
  expect(await ending.generate(prompts, { maxNewTokens: 12, temperature: 0, stopTokens: [] })).toEqual(rows);
});

test("nothing to do gives the prompts back", async () => {
  expect(await model.generate(prompts, { maxNewTokens: 0 })).toEqual(prompts);
  expect(await model.generate([], { maxNewTokens: 3 })).toEqual([]);
});

test("each row may fill the model's positions, whatever its neighbours' length", async () => {
  const long = Array.from({ length: maxPositions - 2 }, (_, t) => t % vocabSize);
  const options = { maxNewTokens: 0, maxNewTokensPerRow: [2, maxPositions - 1], temperature: 0 };
  const [filled, grown] = await model.generate([long, [7]], options);
  expect([filled.length, grown.length]).toEqual([maxPositions, maxPositions]);
  expect(filled).toEqual((await model.generate([long], { maxNewTokens: 2, temperature: 0 }))[0]);
  expect(grown).toEqual((await model.generate([[7]], { maxNewTokens: maxPositions - 1, temperature: 0 }))[0]);
});

test("what cannot be generated is refused, and says why", async () => {
  const attempt = (rows: number[][], options = {}) => model.generate(rows, { maxNewTokens: 4, ...options });
  const wrong: [ReturnType<typeof attempt>, string][] = [
    [attempt([[1, vocabSize]]), `token id ${vocabSize} is outside the vocabulary of ${vocabSize}`],
    [attempt([[1, -1]]), "token id -1 is outside"],
    [attempt([[1.5]]), "token id 1.5 is outside"],
    [attempt([[1]], { maxNewTokens: -1 }), "generate: maxNewTokens: expected 0 or a positive integer, received -1"],
    [attempt([[1]], { temperature: -0.5 }), "generate: temperature: expected 0, or 1e-30 or more, received -0.5"],
    [attempt([[1]], { temperature: Number.NaN }), "generate: temperature: expected 0, or 1e-30 or more, received NaN"],
    [attempt([[1]], { temperature: 1e-40 }), "generate: temperature: expected 0, or 1e-30 or more, received 1e-40"],
    [attempt([[1]], { seed: Number.NaN }), "generate: seed: expected an integer, received NaN"],
    [
      attempt([new Array(maxPositions + 1).fill(1)]),
      `a row has ${maxPositions + 1} tokens, the model has positions for`,
    ],
    [attempt([...new Array(70).fill([1]), [1, vocabSize]], { maxNewTokens: 50 }), `token id ${vocabSize} is outside`],
    [attempt([[1]], { topK: 1.5 }), "generate: topK: expected 0 or a positive integer, received 1.5"],
    [attempt([[1]], { topP: 0 }), "generate: topP: expected a number in (0, 1], received 0"],
    [attempt([[1]], { maxNewTokensPerRow: [1, 2] }), "generate: maxNewTokensPerRow: expected 1 numbers, received 2"],
    [
      attempt([[1]], { maxNewTokensPerRow: [-1] }),
      "generate: maxNewTokensPerRow: expected 0 or positive integers, received -1",
    ],
    [
      attempt([new Array(maxPositions - 3).fill(1)]),
      `generate: a prompt of ${maxPositions - 3} tokens and 4 new ones exceed the model's ${maxPositions} positions`,
    ],
  ];
  for (const [result, message] of wrong) {
    await expect(result).rejects.toThrow(message);
    await expect(result).rejects.toBeInstanceOf(RewardscopeError);
  }
  await expect(attempt([[1], []])).rejects.toBeInstanceOf(ShapeError);
});

test("a row of one token, alone; no rows; nothing to generate", async () => {
  const [row] = await model.generate([[6]], { maxNewTokens: 1, temperature: 0 });
  expect(row).toEqual((await model.generate([[6], [9, 2]], { maxNewTokens: 1, temperature: 0 }))[0]);
  expect(await model.generate([], { maxNewTokens: 5 })).toEqual([]);
  expect(await model.generate([[6], []], { maxNewTokens: 0 })).toEqual([[6], []]);
});

test("an aborted generation ends with the signal's reason, and the model goes on working", async () => {
  const controller = new AbortController();
  const running = model.generate(prompts, { maxNewTokens: 50, stopTokens: [], signal: controller.signal });
  setTimeout(() => controller.abort(new Error("enough")), 5);
  await expect(running).rejects.toThrow("enough");
  expect(await model.generate([[1]], { maxNewTokens: 2 })).toHaveLength(1);
});
