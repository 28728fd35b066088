import { expect, test } from "vitest";
import { fakeModel } from "../../test/support/fake-language-model.js";
import { Rng } from "../rng.js";
import { type ActivationBatch, streamActivations } from "./activation-stream.js";

/** The MLP output is [token, layer]; text i has tokens i, i, i... */
function setUp(lengths: readonly number[]) {
  const passes: number[] = [];
  const model = fakeModel({
    vocabSize: 1000,
    dModel: 2,
    mlpOutput: (layer, tokens) => [tokens.at(-1)!, layer],
    onForward: ({ inputIds }) => passes.push(inputIds.length),
  });
  const texts = lengths.map((length, i) => Array<number>(length).fill(i));
  return { model, texts, passes };
}

async function collect(stream: AsyncIterable<ActivationBatch>): Promise<ActivationBatch[]> {
  const batches: ActivationBatch[] = [];
  for await (const batch of stream) batches.push(batch);
  return batches;
}

const firstTokens = (batches: readonly ActivationBatch[]) => batches.map(({ texts }) => texts.map(([token]) => token));

test("every token of every text, padding left out; one pass feeds all layers", async () => {
  const { model, texts, passes } = setUp([3, 1, 0, 5, 2]);
  const batches = await collect(streamActivations(model, texts, { layers: [1, 4], batchTexts: 3, maxTokens: 4 }));
  expect(passes).toEqual([3, 1]);
  // Without a random stream: sorted by length inside the window, the empty text left out, the long
  // one cut.
  expect(firstTokens(batches)).toEqual([[1, 4, 0], [3]]);
  expect(batches[0].activations.get(1)).toEqual({
    dims: [6, 2],
    data: Float32Array.of(1, 1, 4, 1, 4, 1, 0, 1, 0, 1, 0, 1),
  });
  expect([...batches[1].activations.get(4)!.data]).toEqual([3, 4, 3, 4, 3, 4, 3, 4]);
});

test("an epoch draws every text once, in a new order, batches of similar length", async () => {
  const lengths = Array.from({ length: 200 }, (_, i) => 1 + (i % 10));
  const { model, texts } = setUp(lengths);
  const options = { layers: [0], batchTexts: 4, epochs: 2, rng: Rng.fromSeed(1, "order") };
  const stream = streamActivations(model, texts, options);
  expect(stream.batchCount).toBe(100);
  expect(stream.batchTokens().length).toBe(100);
  const batches = await collect(stream);
  const order = firstTokens(batches);
  const all = lengths.map((_, i) => i);
  for (const epoch of [order.slice(0, 50), order.slice(50)]) expect(epoch.flat().sort((a, b) => a - b)).toEqual(all);
  expect(order.slice(0, 50)).not.toEqual(order.slice(50));
  const spreads = batches.map(({ texts: rows }) => rows.at(-1)!.length - rows[0].length);
  expect(spreads.reduce((sum, spread) => sum + spread, 0) / 100).toBeLessThan(1.5);
  // Long and short batches come mixed: consecutive mean lengths are not sorted.
  const lengthsInOrder = batches.slice(0, 50).map(({ texts: rows }) => rows[0].length);
  expect(lengthsInOrder).not.toEqual([...lengthsInOrder].sort((a, b) => a - b));
});

test("every iteration gives the same batches, and a late start skips without passes", async () => {
  const { model, texts, passes } = setUp(Array.from({ length: 23 }, (_, i) => 1 + (i % 4)));
  const stream = streamActivations(model, texts, { layers: [0], batchTexts: 5, epochs: 2, rng: Rng.fromSeed(2) });
  const whole = await collect(stream);
  expect(stream.batchTokens()).toEqual(whole.map(({ activations }) => activations.get(0)!.dims[0]));
  expect(whole.length).toBe(10);
  for (const skipped of [0, 3, 5, 8, 10]) {
    passes.length = 0;
    const rest = await collect(stream.after(skipped));
    expect(rest).toEqual(whole.slice(skipped));
    expect(passes.length).toBe(10 - skipped);
  }
});

test("a batch is computed when it is asked for; the signal ends the stream", async () => {
  const { model, texts, passes } = setUp([1, 1, 1, 1]);
  const controller = new AbortController();
  const stream = streamActivations(model, texts, { layers: [0], batchTexts: 1, signal: controller.signal });
  const iterator = stream[Symbol.asyncIterator]();
  await iterator.next();
  expect(passes.length).toBe(1);
  controller.abort(new Error("enough"));
  await expect(iterator.next()).rejects.toThrow("enough");
  expect(passes.length).toBe(1);
});
