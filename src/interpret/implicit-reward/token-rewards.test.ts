import { afterAll, beforeAll, expect, test } from "vitest";
import { expectClose } from "../../../test/support/expect-close.js";
import { storedModels } from "../../../test/support/stored-pair.js";
import { tinyModel } from "../../../test/support/tiny-models.js";
import { ShapeError } from "../../errors.js";
import type { CausalLm } from "../../model/causal-lm.js";
import { copyModel } from "../../model/load.js";
import type { FloatTensor } from "../../runtime/tensor.js";
import { compareStates, finalStates, readTokenRewards } from "./token-rewards.js";

const BONUS = 1.5;
const word = 7;
const texts = [
  [1, 2, 3, 4, 5],
  [9, 8, 7],
  [11, 22, 13, 14],
];
let base: CausalLm;
let tuned: CausalLm;

/**
 * Gives the hidden state a first dimension that is 1 in every context, and adds `bonus` to the
 * word's logit by it.
 */
async function withBonus(model: CausalLm, bonus: number): Promise<void> {
  const set = async (name: string, index: number, change: (value: number) => number) => {
    const { data } = await model.parameter(name);
    data[index] = change(data[index]);
    await model.store.write(name, data);
  };
  await set("gpt_neox.final_layer_norm.weight", 0, () => 0);
  await set("gpt_neox.final_layer_norm.bias", 0, () => 1);
  await set("embed_out.weight", word * model.config.dModel, (value) => value + bonus);
}

beforeAll(async () => {
  base = await tinyModel();
  tuned = await copyModel(base);
  await withBonus(base, 0);
  await withBonus(tuned, BONUS);
});
afterAll(async () => {
  await base.dispose();
  await tuned.dispose();
});

/** p_base in every context, [context][vocab], one text at a time so that nothing is padded. */
async function probabilities(): Promise<number[][]> {
  const contexts: number[][] = [];
  for (const text of texts) {
    const { dims, data } = (await base.forward({ inputIds: [text] })).logits;
    for (let t = 0; t < dims[1]; t++) {
      const logits = Array.from(data.subarray(t * dims[2], (t + 1) * dims[2]));
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
      contexts.push(logits.map((logit) => Math.exp(logit) / total));
    }
  }
  return contexts;
}

test("a known bonus on one word comes out, centred in each context and weighted by the base model", async () => {
  const done: number[] = [];
  const { positions, values, visits, klFromBase } = await readTokenRewards(base, tuned, texts, {
    onTexts: (count) => done.push(count),
  });
  const contexts = await probabilities();
  expect(positions).toBe(12);
  expect(done).toEqual([3]);
  // log p_tuned(v) - log p_base(v) is bonus [v = word] - log Z, so centred bonus ([v = word] -
  // p(word)).
  const sum = (of: (p: number[]) => number) => contexts.reduce((total, p) => total + of(p), 0);
  const ids = [...values.keys()];
  expectClose(
    visits,
    ids.map((v) => sum((p) => p[v])),
    1e-5,
    "visits",
  );
  expectClose(
    values,
    ids.map((v) => sum((p) => p[v] * BONUS * (Number(v === word) - p[word])) / sum((p) => p[v])),
    2e-5,
    "values",
  );
  const kl = sum((p) => Math.log(1 + p[word] * (Math.exp(BONUS) - 1)) - BONUS * p[word]) / contexts.length;
  expect(klFromBase).toBeCloseTo(kl, 5);
  expect(values[word]).toBe(Math.max(...values));
});

test("the base model's mean of all values is 0", async () => {
  const { values, visits } = await readTokenRewards(base, await tinyModel({}, { seed: 9 }), texts);
  const mean = values.reduce((sum, value, v) => sum + value * visits[v], 0);
  expect(Math.abs(mean)).toBeLessThan(1e-4);
  expect(Math.max(...values.map(Math.abs))).toBeGreaterThan(0.5);
});

test("a vocabulary of 150,000 is read in pieces: the same sums, and the same log-probabilities of tokens", async () => {
  const vocabSize = 150_000;
  const large = await tinyModel({ vocabSize, maxPositions: 128 });
  const text = Array.from({ length: 120 }, (_, t) => (t * 7919) % vocabSize);
  const { logits } = await large.forward({ inputIds: [text] });
  const visits = new Float64Array(vocabSize);
  const logProbs = Array.from({ length: text.length }, (_, t) => {
    const row = logits.data.subarray(t * vocabSize, (t + 1) * vocabSize);
    const total = row.reduce((sum, logit) => sum + Math.exp(logit), 0);
    for (let v = 0; v < vocabSize; v++) visits[v] += Math.exp(row[v]) / total;
    return t + 1 < text.length ? row[text[t + 1]] - Math.log(total) : 0;
  });
  const found = await readTokenRewards(large, large, [text]);
  expect(found.positions).toBe(text.length);
  const worst = found.visits.reduce((most, count, v) => Math.max(most, Math.abs(count / visits[v] - 1)), 0);
  expect(worst).toBeLessThan(1e-4);
  // Beside shorter rows, of which one has a prompt.
  const inputIds = [text.slice(0, 50), text, text.slice(0, 9)];
  const { dims, data } = await large.logProbs({ inputIds }, { given: [1, 1, 6] });
  const expected = inputIds.flatMap((row, i) => [
    ...new Array<number>(text.length - row.length).fill(0),
    ...logProbs.slice(0, row.length - 1).map((value, t) => (i === 2 && t < 5 ? 0 : value)),
  ]);
  expect(dims).toEqual([3, text.length - 1]);
  expectClose(data, expected, 1e-4);
  await large.dispose();
});

test("states of one model after the other, and the unembeddings alone, give the same numbers to the last bit", async () => {
  const { stored, remove } = await storedModels([base, tuned]);
  const states: FloatTensor[][] = [];
  for (const one of stored) {
    const own: FloatTensor[] = [];
    await one.inMemory(async (model) => {
      for await (const batch of finalStates(model, texts)) own.push(batch);
    });
    states.push(own);
  }
  const [ofBase, ofTuned] = [await stored[0].loadHead(), await stored[1].loadHead()];
  const given = (of: FloatTensor[]) => (async function* () { yield* of; })(); // biome-ignore format: short
  const found = await compareStates({ base: ofBase, tuned: ofTuned }, texts, {
    base: given(states[0]),
    tuned: given(states[1]),
  });
  expect(found).toEqual(await readTokenRewards(base, tuned, texts));
  const few = { base: given(states[0]), tuned: given([]) };
  await expect(compareStates({ base, tuned }, texts, few)).rejects.toThrow(/states: expected those of every text/);
  await Promise.all([ofBase.dispose(), ofTuned.dispose()]);
  await remove();
});

test("a model has no preferences against itself", async () => {
  const { values, klFromBase } = await readTokenRewards(base, base, texts);
  expect(Math.max(...values.map(Math.abs))).toBe(0);
  expect(klFromBase).toBe(0);
});

test("models of two vocabularies, and no text at all, are told", async () => {
  const other = await tinyModel({ vocabSize: 24 });
  await expect(readTokenRewards(base, other, texts)).rejects.toThrow(/base has 23 tokens, tuned 24/);
  await expect(readTokenRewards(base, tuned, [])).rejects.toThrow(ShapeError);
});

test("it stops when told to", async () => {
  await expect(readTokenRewards(base, tuned, texts, { signal: AbortSignal.abort() })).rejects.toThrow(/aborted/);
});
