import { afterAll, expect, test } from "vitest";
import { expectClose } from "../../test/support/expect-close.js";
import { tinyModel } from "../../test/support/tiny-models.js";
import { Engine } from "../runtime/engine.js";
import type { CausalLm } from "./causal-lm.js";
import { mlpHookPoint } from "./language-model.js";
import { copyModel } from "./load.js";

const engine = new Engine();
afterAll(() => engine.close());
const model: CausalLm = await tinyModel({}, { engine });
const { vocabSize, dModel } = model.config;

const inputIds = [[3, 1, 4, 1], [5, 9], [2]];

test("logits of all positions, of the last one, and of none", async () => {
  const hook = mlpHookPoint(1);
  const all = await model.forward({ inputIds }, { hooks: [hook] });
  expect(all.logits.dims).toEqual([3, 4, vocabSize]);
  expect(all.hooks[hook].dims).toEqual([3, 4, dModel]);
  const last = await model.forward({ inputIds }, { logits: "last" });
  expect(last.logits.dims).toEqual([3, 1, vocabSize]);
  const lastOfAll = [0, 1, 2].flatMap((row) => [
    ...all.logits.data.subarray((row * 4 + 3) * vocabSize, (row * 4 + 4) * vocabSize),
  ]);
  expectClose(last.logits.data, lastOfAll, 1e-5);
  const none = await model.forward({ inputIds }, { logits: "none", hooks: [hook] });
  expect(none.logits).toEqual({ dims: [3, 0, vocabSize], data: new Float32Array(0) });
  expectClose(none.hooks[hook].data, all.hooks[hook].data, 1e-6);
  expect(await model.forward({ inputIds }, { logits: "none" })).toEqual({ logits: none.logits, hooks: {} });
});

test("a position sees nothing that comes after it", async () => {
  const short = await model.forward({ inputIds: [[3, 1]] });
  const long = await model.forward({ inputIds: [[3, 1, 17, 20]] });
  expectClose(long.logits.data.slice(0, 2 * vocabSize), short.logits.data, 1e-5);
});

test("log-probabilities are those of the logits, 0 where a token or its successor is padding", async () => {
  const { logits } = await model.forward({ inputIds });
  const logProbs = await model.logProbs({ inputIds });
  expect(logProbs.dims).toEqual([3, 3]);
  const padded = [
    [3, 1, 4, 1],
    [-1, -1, 5, 9],
    [-1, -1, -1, 2],
  ];
  const expected = padded.flatMap((row, r) =>
    row.slice(1).map((target, t) => {
      if (row[t] < 0) return 0;
      const line = [...logits.data.subarray((r * 4 + t) * vocabSize, (r * 4 + t + 1) * vocabSize)];
      return line[target] - Math.log(line.reduce((sum, logit) => sum + Math.exp(logit), 0));
    }),
  );
  expectClose(logProbs.data, expected, 1e-5);
  // All tokens of each row except the given ones.
  const given = [2, 1, 0];
  const asked = await model.logProbs({ inputIds }, { given });
  const [rows, columns] = asked.dims;
  for (let row = 0; row < rows; row++)
    for (let t = 0; t < columns; t++) {
      const token = t + 1 - (columns + 1 - inputIds[row].length);
      const value = token < given[row] ? 0 : logProbs.data[row * columns + t];
      expect(asked.data[row * columns + t]).toBeCloseTo(value, 5);
    }
  expect(await model.logProbs({ inputIds: [[1], [2]] })).toEqual({ dims: [2, 0], data: new Float32Array(0) });
});

test("a batch of one text of one token", async () => {
  const alone = await model.forward({ inputIds: [[2]] }, { logits: "last" });
  const { logits } = await model.forward({ inputIds }, { logits: "last" });
  expectClose(alone.logits.data, logits.data.slice(2 * vocabSize), 1e-5);
  expect(await model.logProbs({ inputIds: [[2]] })).toEqual({ dims: [1, 0], data: new Float32Array(0) });
});

test("what a pass cannot be asked for is refused, and says why", async () => {
  await expect(model.forward({ inputIds: [[2]] }, { alternatives: 0 })).rejects.toThrow(
    "alternatives: expected a positive integer, received 0",
  );
  const given = (counts: number[]) => model.logProbs({ inputIds }, { given: counts });
  await expect(given([1])).rejects.toThrow("given: expected 3 numbers, received 1");
  await expect(given([0, -1, 0])).rejects.toThrow("given: expected 0 or a positive integer, received -1");
  await expect(model.logProbs({ inputIds: [] })).rejects.toThrow(/received no rows\n {2}help: /);
  await expect(model.forward({ inputIds: [[]] })).rejects.toThrow(/received an empty row\n {2}help: .*end-of-text/);
});

test("parameters are copies", async () => {
  expect(model.parameterNames).toContain("gpt_neox.embed_in.weight");
  const embedding = await model.parameter("gpt_neox.embed_in.weight");
  expect(embedding.dims).toEqual([vocabSize, dModel]);
  embedding.data.fill(0);
  expect((await model.parameter("gpt_neox.embed_in.weight")).data).not.toEqual(embedding.data);
  await expect(model.parameter("wte.weight")).rejects.toThrow("the model has no parameter wte.weight");
});

test("a copy has parameters of its own, and a disposed model frees them", async () => {
  const copy = await copyModel(model);
  const before = await model.forward({ inputIds });
  await copy.store.write("embed_out.weight", new Float32Array(vocabSize * dModel));
  expect((await copy.forward({ inputIds })).logits.data.every((logit) => logit === 0)).toBe(true);
  expect(await model.forward({ inputIds })).toEqual(before);
  await copy.dispose();
  await expect(copy.forward({ inputIds })).rejects.toThrow("does not exist or was dropped");
});

test("a signal that was aborted stops a forward pass", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(model.forward({ inputIds }, { signal })).rejects.toThrow("enough");
  await expect(model.logProbs({ inputIds }, { signal })).rejects.toThrow("enough");
});

test("the same pass twice gives the same bits, whatever ran between", async () => {
  const first = await model.forward({ inputIds });
  await model.forward({ inputIds: [[1, 2, 3, 4, 5, 6, 7]] });
  expect(await model.forward({ inputIds })).toEqual(first);
});

test("a text whose logits are too many for one pass has them in pieces", async () => {
  const vocabSize = 150_000;
  const large = await tinyModel({ vocabSize, maxPositions: 128, tieWordEmbeddings: true }, { engine });
  // 119 * 150,000 logits are computed in pieces; half as many are not.
  const text = Array.from({ length: 120 }, (_, t) => (t * 7919 + 17) % vocabSize);
  const { data } = await large.logProbs({ inputIds: [text] });
  const [first, second] = [
    await large.logProbs({ inputIds: [text.slice(0, 61)] }),
    await large.logProbs({ inputIds: [text] }, { given: [61] }),
  ];
  expectClose(data.slice(0, 60), first.data, 1e-5);
  expectClose(data.slice(60), second.data.slice(60), 1e-5);
  expect(Math.max(...data)).toBeLessThan(0);
  await large.dispose();
});
