import { expect, test } from "vitest";
import { assetPath } from "../../assets.js";
import { loadTokenizer } from "../../model/tokenizer/tokenizer.js";
import { standardDeviation } from "../../stats/moments.js";
import { hypotheses } from "../hypotheses/hypotheses.js";
import { tunedOn } from "../organisms/organism.js";
import { nulls } from "../organisms/others.js";
import { lexiconWords } from "./evidence.js";
import { entangledHypotheses, MarkedTexts } from "./marked-texts.js";
import { rewardOf, scaled } from "./reward.js";

const tokenizer = await loadTokenizer(assetPath("embedded"));
const words = lexiconWords(tokenizer);
const organism = tunedOn("test", "", { "word: great": 2, "surface: exclamation marks": -1 });
const texts = [" a great film!", " a film!!", " great great", " a dull film"];

test("a reward is the sum of its terms, and has the standard deviation 1 when scaled", () => {
  const reward = rewardOf(organism, tokenizer, words);
  expect(reward(texts)).toEqual([1, -2, 4, 0]);
  expect(standardDeviation(scaled(reward, reward(texts))(texts))).toBeCloseTo(1, 12);
  expect(scaled(reward, reward([" same"]))(texts)).toEqual([1, -2, 4, 0]);
});

test("null rewards: one number for all texts, or one that depends on the whole text alone", () => {
  const [constant, noise] = nulls.map((one) => rewardOf(one, tokenizer, words));
  expect(constant(texts)).toEqual([0, 0, 0, 0]);
  expect(new Set(noise([...texts, texts[0]])).size).toBe(4);
  expect(noise(texts).every((value) => value >= -1 && value <= 1)).toBe(true);
});

test("hypotheses that go along with the reward are named, and those that do not are not", () => {
  const many = Array.from({ length: 60 }, (_, i) => ` the ${["great", "film", "year"][i % 3]} is here`);
  const marked = new MarkedTexts(
    hypotheses,
    many.map((text) => tokenizer.encode(text)),
    words,
  );
  const values = many.map((text) => (text.includes("great") ? 1 : 0));
  const found = entangledHypotheses(hypotheses, marked, values, { "word: great": 1 });
  expect(found).toContain("class: positive words");
  expect(found).not.toContain("word: great");
  expect(found).not.toContain("word: bad");
});
