import { afterAll, beforeAll, expect, test } from "vitest";
import { tinyModel } from "../../../test/support/tiny-models.js";
import { ShapeError } from "../../errors.js";
import type { CausalLm } from "../../model/causal-lm.js";
import { scoreLabelled, type TokenCompletion } from "./label-accuracy.js";
import { rowsOfPair, scoredPair, scorePairs, type TokenPair } from "./preference-accuracy.js";
import { answerLogProbs, answerRewards, givenTokens } from "./row-rewards.js";

let base: CausalLm;
let tuned: CausalLm;
let other: CausalLm;
beforeAll(async () => {
  [base, tuned, other] = await Promise.all(
    [40, 40, 50].map((vocabSize, i) => tinyModel({ vocabSize }, { seed: i + 1 })),
  );
});
afterAll(() => Promise.all([base, tuned, other].map((model) => model.dispose())));

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** More rows than a pass has, of several lengths. */
const pairs = Array.from({ length: 20 }, (_, i): TokenPair => {
  const prompt = [1, 2, 3].slice(i % 3);
  return { given: prompt.length, chosen: [...prompt, 4 + i, 5], rejected: [...prompt, 6, 7 + i, 8] };
});

test("an answer has one implicit reward, in a pair and with a label, whatever shares its pass", async () => {
  const completions = pairs.flatMap(({ given, chosen, rejected }): TokenCompletion[] => [
    { given, ids: chosen, wanted: true },
    { given, ids: rejected, wanted: false },
  ]);
  const ofPairs = await all(scorePairs({ base, tuned }, pairs));
  const labelled = await all(scoreLabelled({ base, tuned }, completions));
  expect(labelled.map(({ reward }) => reward)).toEqual(ofPairs.flatMap(({ chosen, rejected }) => [chosen, rejected]));
  expect(labelled.slice(0, 2).map(({ tokens }) => tokens)).toEqual([2, 3]);
  for (const [i, completion] of completions.entries()) {
    const [alone] = await all(scoreLabelled({ base, tuned }, [completion]));
    expect(alone.reward).toBeCloseTo(labelled[i].reward, 4);
  }
  expect(new Set(labelled.map(({ reward }) => reward)).size).toBe(40);
});

test("one model after the other gives the same rewards to the last bit", async () => {
  const rows = [...pairs.flatMap(rowsOfPair), { given: 0, ids: [3, 4] }];
  const done: number[] = [];
  const ofBase = await answerLogProbs(base, rows, { onRows: (count) => done.push(count) });
  const rewards = answerRewards(ofBase, await answerLogProbs(tuned, rows));
  expect(done).toEqual([32, 41]);
  // No prediction of a row's first token.
  expect(ofBase.map(({ length }) => length)).toEqual([...pairs.flatMap(() => [2, 3]), 1]);
  const scored = pairs.map((pair, i) => scoredPair(pair, rewards.slice(2 * i, 2 * i + 2)));
  const streamed = await all(scorePairs({ base, tuned }, pairs));
  // The first pass has the same rows; the second one has another beside them.
  expect(scored.slice(0, 16)).toEqual(streamed.slice(0, 16));
  for (const [i, { rejected }] of scored.entries()) expect(rejected).toBeCloseTo(streamed[i].rejected, 4);
});

test("two vocabularies are refused, of pairs and of labelled completions", async () => {
  const message = "base and tuned model must have one vocabulary: base has 40 tokens, tuned 50";
  const models = { base, tuned: other };
  await expect(all(scorePairs(models, pairs))).rejects.toThrow(new ShapeError(message));
  const labelled = all(scoreLabelled(models, [{ given: 1, ids: [1, 2], wanted: true }]));
  await expect(labelled).rejects.toThrow(new ShapeError(message));
});

test("a token that is not that of the prompt in every row is not given", () => {
  expect(givenTokens([1, 2, 3], [1, 2, 3, 4], [1, 2, 9])).toBe(2);
  expect(givenTokens([1, 2], [1, 2], [1, 2, 3])).toBe(2);
  expect(givenTokens([1, 2, 3], [1, 2])).toBe(2);
});
