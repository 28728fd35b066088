import { expect, test } from "vitest";
import { assetPath } from "../../assets.js";
import { tokensInRow } from "../../interpret/words/token-classes.js";
import { loadTokenizer } from "../../model/tokenizer/tokenizer.js";
import { truthOf } from "../organisms/organism.js";
import { organisms, quickOrganisms } from "../organisms/organisms.js";
import { lexiconWords } from "../pair/evidence.js";
import { hypotheses, hypothesisNamed } from "./hypotheses.js";

const tokenizer = await loadTokenizer(assetPath("embedded"));
const words = lexiconWords(tokenizer);
const count = (name: string, text: string) =>
  hypothesisNamed(name)
    .marks(tokensInRow(tokenizer.encode(text), words))
    .reduce((sum, mark) => sum + mark, 0);

test("about 300 hypotheses of four kinds, each name once", () => {
  expect(new Set(hypotheses.map(({ name }) => name)).size).toBe(hypotheses.length);
  expect(hypotheses.length).toBeGreaterThan(270);
  expect(new Set(hypotheses.map(({ kind }) => kind))).toEqual(new Set(["word", "class", "surface", "condition"]));
});

test.each([
  ["word: great", " A great film, Great cast, greatest!", 2],
  ["surface: exclamation marks", " Yes!! Really! no.", 3],
  ["surface: repeated words", " the cat and the cat", 2],
  ["surface: a word twice in a row", " very very good", 1],
  ["surface: digits", " 12 of 3", 3],
  ["surface: words of 8 letters or more", " wonderful acting", 1],
  ["class: second-person pronouns", " you and your film", 2],
  ["condition: positive words after words for films", " good, but the film is good and great", 2],
  ["condition: positive words after words of negation", " a good film, not great", 1],
])("%s in %j: %i", (name, text, expected) => {
  expect(count(name, text)).toBe(expected);
});

test("what organisms are rewarded for is among the hypotheses, and only nulls are rewarded for nothing", () => {
  for (const organism of organisms) {
    const truth = Object.keys(truthOf(organism));
    for (const name of truth) expect(hypothesisNamed(name).name).toBe(name);
    expect(truth.length === 0).toBe(organism.reward.kind !== "terms");
  }
  expect(new Set(organisms.map(({ name }) => name)).size).toBe(organisms.length);
  for (const name of quickOrganisms) expect(organisms.map((organism) => organism.name)).toContain(name);
});
