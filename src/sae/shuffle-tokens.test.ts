import { expect, test } from "vitest";
import { fakeModel } from "../../test/support/fake-language-model.js";
import { Rng } from "../rng.js";
import { type ActivationBatch, streamActivations } from "./activation-stream.js";
import { shuffleTokens } from "./shuffle-tokens.js";

const texts = Array.from({ length: 30 }, (_, i) => Array<number>(1 + (i % 5)).fill(i));

/** The MLP output is [token, layer, number of the model]. */
function streamOf(model: number, passes: number[] = []) {
  const language = fakeModel({
    vocabSize: 100,
    dModel: 3,
    mlpOutput: (layer, tokens) => [tokens.at(-1)!, layer, model],
    onForward: ({ inputIds }) => passes.push(inputIds.length),
  });
  return streamActivations(language, texts, {
    layers: [1, 4],
    batchTexts: 3,
    epochs: 2,
    rng: Rng.fromSeed(1, "order"),
  });
}

async function collect(stream: AsyncIterable<ActivationBatch>): Promise<ActivationBatch[]> {
  const batches: ActivationBatch[] = [];
  for await (const batch of stream) batches.push(batch);
  return batches;
}

const rows = (batches: readonly ActivationBatch[], layer: number) =>
  batches.flatMap(({ activations }) => {
    const { dims, data } = activations.get(layer)!;
    return Array.from({ length: dims[0] }, (_, row) => [...data.subarray(row * 3, row * 3 + 3)]);
  });

test("every token of every text and model once an epoch, many texts in a batch, layers in the same order", async () => {
  const options = { buffer: 40, batchTokens: 10, rng: Rng.fromSeed(2) };
  const stream = shuffleTokens([streamOf(0), streamOf(1)], options);
  const batches = await collect(stream);
  expect(stream.batchTokens()).toEqual(batches.map(({ activations }) => activations.get(1)!.dims[0]));
  expect(stream.batchCount).toBe(batches.length);
  expect(Math.min(...stream.batchTokens())).toBeGreaterThanOrEqual(8);
  expect(Math.max(...stream.batchTokens())).toBeLessThanOrEqual(12);
  const [first, fourth] = [rows(batches, 1), rows(batches, 4)];
  expect(first.map(([token, , model]) => [token, model])).toEqual(fourth.map(([token, , model]) => [token, model]));
  const expected = [0, 1].flatMap((model) => [...texts, ...texts].flat().map((token) => `${token} ${model}`));
  expect(first.map(([token, , model]) => `${token} ${model}`).sort()).toEqual(expected.sort());
  for (const { activations } of batches) {
    const ofBatch = rows([{ texts: [], activations }], 1);
    expect(new Set(ofBatch.map(([, , model]) => model)).size).toBe(2);
    expect(new Set(ofBatch.map(([token]) => token)).size).toBeGreaterThan(3);
  }
});

test("a late start gives the same batches and reads only the buffer that it begins in", async () => {
  const passes: number[] = [];
  const stream = shuffleTokens([streamOf(0, passes)], { buffer: 40, batchTokens: 10, rng: Rng.fromSeed(2) });
  const whole = await collect(stream);
  const all = passes.length;
  for (const skipped of [0, 1, 5, 9, whole.length]) {
    passes.length = 0;
    expect(await collect(stream.after(skipped))).toEqual(whole.slice(skipped));
    expect(passes.length).toBeLessThanOrEqual(all * (1 - skipped / whole.length) + 7);
  }
});

test("fewer tokens than the buffer holds are one batch or more", async () => {
  const options = { buffer: 1000, batchTokens: 500, rng: Rng.fromSeed(2) };
  expect(shuffleTokens([streamOf(0)], options).batchTokens()).toEqual([180]);
});
