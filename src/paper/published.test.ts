import { expect, test } from "vitest";
import { loadLexicon } from "../text/lexicon.js";
import { paperModelOf, table3, table4, table5, table6, table7, table10, table11 } from "./published.js";

test("28 of the 30 signs of Table 10 agree", () => {
  expect(table10.filter(({ rebuilt, trueValue }) => Math.sign(rebuilt) === Math.sign(trueValue))).toHaveLength(28);
});

test("the true values of Tables 3 and 10 are the lexicon's", () => {
  const lexicon = loadLexicon();
  const rows = [...table3, ...table10];
  expect(rows.map(({ word, trueValue }) => [word, trueValue])).toEqual(
    rows.map(({ word }) => [word, lexicon.get(word)]),
  );
});

test("the tables as the paper prints them", () => {
  expect(Object.values(table4).map(({ tau, pValue }) => [tau, pValue])).toEqual([
    [0.042, 0.26],
    [0.093, 0.014],
    [0.023, 0.48],
  ]);
  expect(Object.values(table11).map(({ tau, pValue }) => [tau, pValue])).toEqual([
    [0.02, 0.73],
    [0.104, 0.081],
    [0.097, 0.078],
  ]);
  expect(Object.values(table5).map(({ before, after }) => [before, after])).toEqual([
    [2.07, 1.96],
    [1.95, 1.69],
    [1.43, 1.43],
  ]);
  expect(Object.values(table6).map(({ ablated, average }) => [ablated, average])).toEqual([
    [0.19, 0.091],
    [0.197, 0.041],
    [0.139, 0.042],
  ]);
  expect(Object.values(table7).map(({ base, tuned }) => [base, tuned])).toEqual([
    [0.26, 2.07],
    [-0.27, 1.95],
    [0.68, 1.43],
  ]);
});

test("a model is recognised by the last part of its name", () => {
  expect(paperModelOf("EleutherAI/pythia-70m")).toBe("Pythia-70m");
  expect(paperModelOf("models\\gpt-neo-125m\\")).toBe("GPT-Neo-125m");
  expect(paperModelOf("pythia-70m-deduped")).toBeUndefined();
});
