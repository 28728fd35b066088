import { describe, expect, it } from "vitest";
import { fakeTokenizer } from "../../../test/support/fake-language-model.js";
import { WordTokens } from "./word-tokens.js";

const tokenizer = fakeTokenizer([
  "A",
  " good",
  " dread",
  "ful",
  " won",
  "'t",
  ",",
  " like",
  "ly",
  " film",
  "\n",
  "Great",
  " 2",
  "nd",
]);
const lexicon = new Map([
  ["good", 1.9],
  ["dreadful", -1.9],
  ["dread", -2],
  ["won", 2.7],
  ["like", 1.5],
  ["great", 3.1],
]);
const words = new WordTokens(tokenizer.tokenText, lexicon);
const valences = (text: string) => [...words.valences(tokenizer.encode(text))].map((v) => Math.round(v * 10) / 10);

describe("WordTokens", () => {
  it("joins the pieces of a word and parts words at everything else", () => {
    const spans = [...words.words(tokenizer.encode("A dreadful, 2nd film\nGreat"))];
    expect(spans.map(({ word, start, end }) => [word, start, end])).toEqual([
      ["a", 0, 1],
      ["dreadful", 1, 3],
      ["2nd", 4, 6],
      ["film", 6, 7],
      ["great", 8, 9],
    ]);
  });

  it("values whole words only, at the token that completes them", () => {
    expect(valences("A good film")).toEqual([0, 1.9, 0]);
    expect(valences("A dreadful film")).toEqual([0, 0, -1.9, 0]);
    expect(valences(" likely, like")).toEqual([0, 0, 0, 1.5]);
    expect(valences(" won't won")).toEqual([0, 0, 2.7]);
  });

  it("knows which tokens can stand for each other", () => {
    expect([" good", "ful", "Great", " 2"].map((text) => words.isPlainWord(tokenizer.tokenId(text)!))).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});
