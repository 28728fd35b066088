import { expect, test } from "vitest";
import { fakeTokenizer } from "../../../test/support/fake-language-model.js";
import { Rng } from "../../rng.js";
import { WordTokens } from "../words/word-tokens.js";
import { type AuditedText, extremeTexts } from "./audited-text.js";
import { propertyShifts } from "./property-shifts.js";
import { extremeWords, wordLogRatios } from "./word-log-ratios.js";

const tokenizer = fakeTokenizer([" good", " b", "ad", " film", "."]);
const words = new WordTokens(tokenizer.tokenText, new Map());

const textOf = (
  unit: number,
  text: string,
  logRatios: number[],
  origin: AuditedText["origin"] = "base",
): AuditedText => ({
  origin,
  unit,
  prompt: "",
  text,
  ids: tokenizer.encode(text),
  logRatios: Float64Array.from(logRatios),
  ended: false,
});

test("a word's log-ratio is the sum over its tokens, its mean over texts that have it", () => {
  const texts = [1, 2, 3, 4, 5].map((x) => textOf(x, " good bad film good", [x, -1, -x, 0, x + 2]));
  const found = wordLogRatios(texts, words);
  expect(found.map(({ word, texts }) => [word, texts])).toEqual([
    ["bad", 5],
    ["film", 5],
    ["good", 5],
  ]);
  const [bad, film, good] = found;
  // Means over texts of -1 - x, 0 and x + 1.
  expect([bad.value, film.value, good.value]).toEqual([-4, 0, 4]);
  // The deviation of 1..5 is sqrt(2.5), its standard error sqrt(2.5 / 5).
  expect(good.high - good.value).toBeCloseTo(1.959964 * Math.sqrt(0.5), 12);
  expect(extremeWords(found, 2)).toEqual({ liked: [good], disliked: [bad] });
  expect(wordLogRatios(texts.slice(1), words)).toEqual([]);
});

test("texts by log-ratio per token; those of 0 are neither liked nor disliked", () => {
  const texts = [
    textOf(0, " film film", [1, 1]),
    textOf(1, " film", [3]),
    textOf(2, " film", [0]),
    textOf(3, " film", [-1]),
  ];
  const { liked, disliked } = extremeTexts(texts, 2);
  expect(liked.map(({ unit }) => unit)).toEqual([1, 0]);
  expect(disliked.map(({ unit }) => unit)).toEqual([3]);
});

test("properties move by the difference of completions of the same prompt", () => {
  const texts = [textOf(0, ".", [0]), textOf(1, ".", [0]), textOf(1, ".", [0], "tuned"), textOf(0, ".", [0], "tuned")];
  const columns = [{ name: "x", summary: "", kind: "count" as const, values: Float64Array.of(1, 10, 12, 3) }];
  const [{ base, tuned, difference }] = propertyShifts(texts, columns, { rng: Rng.fromSeed(1, "b"), resamples: 50 });
  expect([base.value, tuned.value]).toEqual([5.5, 7.5]);
  expect(difference).toMatchObject({ value: 2, low: 2, high: 2, n: 2, unit: "prompt" });
});
