import { expect, test } from "vitest";
import { WordTokens } from "../words/word-tokens.js";
import { TripleWords } from "./triple-words.js";

const tokens = ["x", " the", " good", " great", " bad", " dull", " train", " boat", "."];
const id = (text: string) => tokens.indexOf(text);
const lexicon = new Map([
  ["good", 2],
  ["great", 3],
  ["bad", -2],
  ["dull", -1],
]);

/** Four tokens, the positive word, the negative one, a neutral one, and 500 more tokens. */
const text = (positive: string, negative: string, neutral: string) => [
  ...["x", ".", "x", "."].map(id),
  ...[positive, ".", negative, ".", neutral].map(id),
  ...Array.from({ length: 500 }, () => id(".")),
];

function count(texts: readonly number[][]): TripleWords {
  const words = new TripleWords(new WordTokens((token) => tokens[token], lexicon));
  for (const ids of texts) words.add(ids);
  return words;
}

const pairs = (times: number) =>
  Array.from({ length: times }, () => [text(" good", " bad", " train"), text(" great", " dull", " boat")]).flat();

test("two positive, two negative and a neutral word, each seen five times, are enough", () => {
  const words = count(pairs(5));
  expect(words.found()).toEqual({ positive: 2, negative: 2, neutral: 2 });
  expect(words.enough()).toBe(true);
  expect(count(pairs(4)).found()).toEqual({ positive: 0, negative: 0, neutral: 0 });
});

test("a positive word must have four tokens before it, and be the first of its text", () => {
  expect(count(pairs(5).map((ids) => ids.slice(1))).found()).toMatchObject({ positive: 0, negative: 2 });
  const behind = Array.from({ length: 5 }, () => [...text(" good", " bad", " train"), id(" great")]);
  expect(count(behind).found()).toMatchObject({ positive: 1 });
});

test("a neutral word of more than a five hundredth of the tokens is a function word", () => {
  expect(count(pairs(5).map((ids) => ids.slice(0, 20))).found()).toMatchObject({ positive: 2, neutral: 0 });
});
