import { expect, test } from "vitest";
import { fakeTokenizer } from "../../../test/support/fake-language-model.js";
import { Rng } from "../../rng.js";
import { WordTokens } from "../words/word-tokens.js";
import { attributeTexts, countFeatures, mostFrequentWords } from "./attribution.js";
import type { ScoredCompletion } from "./completion-rewards.js";

const END = 0;
const OTHER_END = 9;
const tokenizer = fakeTokenizer(["<end>", " the", " film", " is", " good", ".", "!!", " ", " 7", "<end 2>"]);
const counting = {
  words: new WordTokens(tokenizer.tokenText, new Map([["good", 1.9]])),
  frequentWords: new Set(["the", "is"]),
  eosTokenIds: [END, OTHER_END],
};
const row = (ids: number[], value = 0, completionReward = 0): ScoredCompletion => ({
  prompt: 0,
  source: "base",
  ids,
  reward: completionReward,
  completionReward,
  baseLogProb: 0,
  tunedLogProb: value,
});

test("features of a completion, counted by hand", () => {
  const text = [...tokenizer.encode(" the film is the film is good.!! . 7"), END];
  expect(countFeatures(row(text, 0, 1.5), counting)).toEqual({
    reward: 1.5,
    length: 12,
    ended: 1,
    punctuation: 3,
    // " the film", " film is" come twice
    repetition: 2,
    frequentWords: 4,
  });
  expect(countFeatures(row([1, 2, OTHER_END]), counting)).toMatchObject({ length: 2, ended: 1 });
  expect(countFeatures(row([1, 2]), counting)).toMatchObject({ length: 2, ended: 0 });
  expect(countFeatures(row([]), counting)).toMatchObject({ length: 0, ended: 0, repetition: 0 });
});

test("the most frequent words, without numbers", () => {
  const texts = [" the film is the 7 7 7", " the film good"].map((text) =>
    tokenizer.encode(text.replaceAll(" 7", " 7")),
  );
  expect([...mostFrequentWords(texts, counting.words, 2)]).toEqual(["the", "film"]);
});

test("what the value is made of is found, and what it is not stays at the level of chance", () => {
  const rng = Rng.fromSeed(2, "texts");
  const rows = Array.from({ length: 300 }, (_, prompt) => {
    const ids = Array.from({ length: 4 + rng.integer(8) }, () => 1 + rng.integer(6));
    const reward = rng.normal();
    return { ...row(ids, 2 * reward + 0.5 * ids.length + 0.1 * rng.normal(), reward), prompt };
  });
  const [found, ...others] = attributeTexts(rows, counting, {
    rng: Rng.fromSeed(1, "pairs"),
    resampling: { rng: Rng.fromSeed(1, "bootstrap"), resamples: 50 },
  });
  expect(found.source).toBe("base");
  expect(others).toEqual([]);
  const of = (name: string) => found.features.find(({ feature }) => feature === name)!;
  expect(found.r2.value).toBeGreaterThan(0.99);
  expect(found.unexplained.value).toBeCloseTo(1 - found.r2.value, 12);
  expect(found.unexplained.low).toBeCloseTo(1 - found.r2.high, 12);
  // Var(2 reward) = 4, Var(0.5 length) = 0.25 * 63 / 12 = 1.3: about 0.75 and 0.25 of the whole.
  expect(of("reward").dropOne.value).toBeGreaterThan(0.65);
  expect(of("reward").coefficient).toBeGreaterThan(0.8);
  expect(of("length").coefficient).toBeGreaterThan(0.3);
  for (const name of ["punctuation", "repetition", "frequentWords"]) expect(of(name).dropOne.value).toBeLessThan(0.001);
  expect(of("ended")).toMatchObject({ coefficient: 0, dropOne: { value: 0, low: 0, high: 0, n: 300, unit: "prompt" } });
  expect(found.shuffledReward.value).toBeLessThan(0.001);
});
