import { expect, test } from "vitest";
import { ShapeError } from "../../errors.js";
import { Rng } from "../../rng.js";
import { labelAccuracy, type ScoredLabel, tokenCompletion } from "./label-accuracy.js";

const resampling = () => ({ rng: Rng.fromSeed(1, "labels"), resamples: 200, unit: "text" as const });
const of = (wanted: boolean, reward: number, tokens = 5): ScoredLabel => ({ wanted, reward, tokens });

test("the share of wanted above unwanted completions, ties by half", () => {
  const found = labelAccuracy([of(true, 3), of(true, 1), of(false, 1), of(false, 0)], resampling());
  // 3 > 1, 3 > 0, 1 = 1, 1 > 0
  expect(found).toMatchObject({ wanted: 2, unwanted: 2, accuracy: { value: 3.5 / 4, n: 4, unit: "text" } });
  expect(found.longer.value).toBe(0.5);
  expect(found.lengthControlled.value).toBe(3.5 / 4);
});

test("a reward that only counts tokens tells nothing with length controlled", () => {
  const rng = Rng.fromSeed(2, "lengths");
  const scored = Array.from({ length: 400 }, (_, i): ScoredLabel => {
    const wanted = i % 2 === 0;
    const tokens = Math.round(10 + (wanted ? 4 : 0) + 3 * rng.normal());
    return { wanted, tokens, reward: 2 * tokens };
  });
  const { accuracy, longer, lengthControlled } = labelAccuracy(scored, resampling());
  expect(accuracy.value).toBe(longer.value);
  expect(accuracy.low).toBeGreaterThan(0.7);
  // What is left of each reward is exactly 0, in every resample.
  expect(lengthControlled).toMatchObject({ value: 0.5, low: 0.5, high: 0.5 });
});

test("what length hides comes out with length controlled", () => {
  // One of each label of every length, and a reward of which 8 per token and 1 for a wanted one.
  const scored = Array.from({ length: 20 }, (_, i): ScoredLabel => {
    const [tokens, wanted] = [1 + (i >> 1), i % 2 === 0];
    return { wanted, tokens, reward: 8 * tokens + (wanted ? 1 : 0) };
  });
  const { accuracy, longer, lengthControlled } = labelAccuracy(scored, resampling());
  // A wanted completion is above an unwanted one that is not longer: 55 of 100 pairs.
  expect([accuracy.value, longer.value, lengthControlled.value]).toEqual([0.55, 0.5, 1]);
});

test("labels of one kind are refused", () => {
  expect(() => labelAccuracy([of(true, 1), of(true, 2)], resampling())).toThrow(ShapeError);
});

test("tokens of the prompt are given, one that reaches into the completion is judged", () => {
  // A token for every two characters.
  const encode = (text: string) =>
    (text.match(/..?/g) ?? []).map((pair) => pair.charCodeAt(0) * 256 + (pair.charCodeAt(1) || 0));
  expect(tokenCompletion({ encode }, { prompt: "abcd", completion: "ef", label: true })).toMatchObject({
    given: 2,
    wanted: true,
  });
  expect(tokenCompletion({ encode }, { prompt: "abc", completion: "def", label: false }).given).toBe(1);
});
