import { expect, test } from "vitest";
import { fakeTokenizer } from "../../../test/support/fake-language-model.js";
import { Rng } from "../../rng.js";
import { WordTokens } from "../words/word-tokens.js";
import {
  compareImplicitRewardWithProbe,
  type ImplicitRewardWord,
  implicitRewardLexicon,
  summariseImplicitReward,
} from "./lexicon.js";

const resampling = () => ({ rng: Rng.fromSeed(1, "bootstrap"), resamples: 100 });

test("lexicon words that are one lower-case token with its space are read", () => {
  const tokenizer = fakeTokenizer([" good", "good", " Good", " film", " bad", " never", " odd"]);
  const lexicon = new Map([
    ["good", 1.9],
    ["bad", -2.5],
    ["never", -1],
    ["awful", -2],
  ]);
  const values = Float64Array.of(0.5, 3, 4, 0.1, -0.25, Number.NaN, 9);
  const visits = Float64Array.of(10, 1, 1, 1, 0.5, 0, 1);
  expect(
    implicitRewardLexicon(
      { positions: 1, klFromBase: 0, values, visits },
      new WordTokens(tokenizer.tokenText, lexicon),
    ),
  ).toEqual([
    { word: "bad", trueValue: -2.5, value: -0.25, visits: 0.5, visited: false },
    { word: "good", trueValue: 1.9, value: 0.5, visits: 10, visited: true },
  ]);
});

/**
 * Ten words with correct signs; the order is correct among the visited (value 2, 1, -1, -2, ...)
 * and reversed among the others.
 */
const words: ImplicitRewardWord[] = [
  { word: "a", trueValue: 3, value: 2, visits: 50, visited: true },
  { word: "b", trueValue: 1, value: 1, visits: 40, visited: true },
  { word: "c", trueValue: -1, value: -1, visits: 30, visited: true },
  { word: "d", trueValue: -3, value: -2, visits: 20, visited: true },
  { word: "e", trueValue: 2, value: -0.5, visits: 0.5, visited: false },
  { word: "f", trueValue: -2, value: 0.5, visits: 0.4, visited: false },
];

test("rank agreement over all words, either sign, those visited and the likeliest fifth", () => {
  const summary = summariseImplicitReward(words, { rng: Rng.fromSeed(1, "shuffles"), resampling: resampling() });
  expect([summary.words, summary.visited]).toEqual([6, 4]);
  expect(summary.signAgreement.all.value).toBeCloseTo(4 / 6, 12);
  expect(summary.signAgreement.visited.value).toBe(1);
  const tau = Object.fromEntries(summary.kendall.map(({ words, result }) => [words, result.tau]));
  // Of 15 pairs three are in the wrong order: e below b, e below f, f above c.
  expect(tau.all.value).toBeCloseTo((12 - 3) / 15, 12);
  expect([tau.visited.value, tau.likeliest.value]).toEqual([1, 1]);
  expect([tau.visited.n, tau.likeliest.n, tau.positive.n, tau.negative.n]).toEqual([4, 2, 3, 3]);
  // a 2, b 1, e -0.5 against 3, 1, 2
  expect(tau.positive.value).toBeCloseTo(1 / 3, 12);
});

test("controls know signs, or classes, or the base model alone", () => {
  const { controls } = summariseImplicitReward(words, { rng: Rng.fromSeed(1, "shuffles"), resampling: resampling() });
  const tau = (values: string) => controls.find((one) => one.values === values && one.words === "visited")!.result.tau;
  // Signs tie two pairs of six: 4 concordant / sqrt(4 * 6).
  expect(tau("signs").value).toBeCloseTo(4 / Math.sqrt(24), 12);
  expect(tau("baseMass").value).toBe(1);
  // Every shuffle leaves all positive words above all negative ones: 4 of 6 pairs are concordant.
  expect([-2, 0, 2].map((rest) => (4 + rest) / 6)).toContainEqual(
    expect.closeTo(tau("shuffledWithinPolarity").value, 12),
  );
});

test("the probe is compared over the words that both have", () => {
  const probe = words
    .filter(({ word }) => word !== "d")
    .map(({ word, trueValue }) => ({ word, leastSquares: -trueValue, ridge: trueValue }));
  const found = compareImplicitRewardWithProbe(
    words,
    [...probe, { word: "z", leastSquares: 1, ridge: 1 }],
    resampling(),
  );
  const visited = found.filter((one) => one.words === "visited");
  expect(
    visited.map(({ estimator, implicitReward, probe, difference }) => [
      estimator,
      implicitReward.tau.value,
      probe.tau.value,
      difference.value,
      difference.n,
    ]),
  ).toEqual([
    ["leastSquares", 1, -1, 2, 3],
    ["ridge", 1, 1, 0, 3],
  ]);
  expect(found.filter((one) => one.words === "all").map(({ difference }) => difference.n)).toEqual([5, 5]);
  expect(compareImplicitRewardWithProbe(words, [], resampling())).toEqual([]);
});
