import { describe, expect, it } from "vitest";
import { evidenceOf } from "../../../test/support/evidence.js";
import { fakeTokenizer } from "../../../test/support/fake-language-model.js";
import { Rng } from "../../rng.js";
import { partNumber, tokenTopicParts, topics, topicWords } from "../words/topics.js";
import { WordTokens } from "../words/word-tokens.js";
import { topicAssociation } from "./topic-association.js";

const fillers = [" brown", " slow", " quiet", " window", " river"];
const tokenizer = fakeTokenizer(
  "The| film| was| good|.|\n| 1| 9|7| mov|ie| awful| actor| plot|n't| did".split("|").concat(fillers),
);
const words = new WordTokens(tokenizer.tokenText, new Map());
const partsOf = (text: string) => [...tokenTopicParts(tokenizer.encode(text), words)];

describe("tokenTopicParts", () => {
  it("marks the token that completes a word of a list, and forms", () => {
    expect(partsOf(" plot\n 97 slow actor.")).toEqual([
      partNumber("story"),
      partNumber("punctuation and format"),
      partNumber("numbers"),
      partNumber("numbers"),
      0,
      partNumber("people and roles"),
      partNumber("punctuation and format"),
    ]);
    expect(partsOf(" brown movie slow")).toEqual([0, 0, partNumber("film"), 0]);
  });

  it("takes judgement for an opinion on a film where one is named within eight tokens", () => {
    const opinion = [partNumber("film in an opinion"), partNumber("evaluation in an opinion")];
    expect(partsOf(" film good")).toEqual(opinion);
    expect(partsOf(` good${" slow".repeat(7)} film`)).toEqual([opinion[1], 0, 0, 0, 0, 0, 0, 0, opinion[0]]);
    expect(partsOf(` good${" slow".repeat(8)} film`).filter((part) => part > 0)).toEqual([
      partNumber("evaluation"),
      partNumber("film"),
    ]);
  });

  it("has no word in two lists, and no part outside the topics", () => {
    const all = Object.values(topicWords).flatMap((list) => [...list]);
    expect(new Set(all).size).toBe(all.length);
    expect(all.every((word) => word === word.toLowerCase())).toBe(true);
    expect(topics.flatMap(({ parts }) => parts.map(partNumber)).every((number) => number > 0)).toBe(true);
  });
});

describe("topicAssociation", () => {
  const PERMUTATIONS = 199;
  /** 150 texts of 14 tokens: some words of topics, otherwise fillers. */
  const rng = Rng.fromSeed(3);
  const special = [" film", " good", " actor", " plot", " was", ".", " 9"];
  const texts = Array.from({ length: 150 }, () =>
    tokenizer.encode(
      Array.from({ length: 14 }, () =>
        rng.uniform() < 0.3 ? special[rng.integer(special.length)] : fillers[rng.integer(fillers.length)],
      ).join(""),
    ),
  );
  const topicParts = Uint8Array.from(texts.flatMap((text) => [...tokenTopicParts(text, words)]));
  const id = (text: string) => tokenizer.tokenId(text)!;
  const codes = (text: string) => (token: number) => (token === id(text) ? 2 : 0);
  const test = async (parts: Uint8Array, excluded: ReadonlySet<number> = new Set()) => {
    const noise = Rng.fromSeed(6);
    const evidence = await evidenceOf(texts, [
      codes(" film"),
      codes(" actor"),
      codes(" was"),
      () => (noise.uniform() < 0.3 ? noise.uniform() : 0),
      () => 0,
    ]);
    return topicAssociation(evidence, {
      topicParts: parts,
      permutations: PERMUTATIONS,
      rng: Rng.fromSeed(1),
      excluded: evidence.map(() => excluded),
    });
  };
  const found = (scores: { topic: string; qValue: number }[]) =>
    scores.filter(({ qValue }) => qValue <= 0.05).map(({ topic }) => topic);

  it("finds planted topics and nothing else", async () => {
    const [film, actor, was, noise, silent] = await test(topicParts);
    expect(found(film)).toEqual(["movie opinion", "film"]);
    expect(found(actor)).toEqual(["people and roles"]);
    expect(found(was)).toEqual(["function words"]);
    expect(found(noise)).toEqual([]);
    expect(found(silent)).toEqual([]);
    // Every film token is marked and the code is 2 there and 0 elsewhere: a correlation of one.
    expect(film[1]).toMatchObject({ topic: "film", pValue: 1 / (PERMUTATIONS + 1) });
    expect(film[1].association).toBeCloseTo(1, 12);
    // The only one of five features with a small p: q = 5 p.
    expect(film[1].qValue).toBeCloseTo(5 / (PERMUTATIONS + 1), 12);
    expect(silent.map(({ association, pValue }) => [association, pValue])).toEqual(topics.map(() => [0, 1]));
  });

  it("finds none on texts whose topics were shuffled", async () => {
    const shuffled = Uint8Array.from(Rng.fromSeed(8).shuffle([...topicParts]));
    expect((await test(shuffled)).flatMap(found)).toEqual([]);
  });

  it("leaves the shown texts out", async () => {
    const [film] = await test(topicParts, new Set(texts.keys()));
    expect(film[1].pValue).toBe(1);
  });
});
