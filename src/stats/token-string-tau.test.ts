import { expect, test } from "vitest";
import { tokenStringTau } from "./token-string-tau.js";

const words = [
  { word: "bad", value: -2, trueValue: -2.5 },
  { word: "good", value: 1, trueValue: 1.9 },
  { word: "awful", value: 2, trueValue: -2 },
];

test("two orders of the same words are compared by alphabet, position by position", () => {
  // By value: bad good awful, ranks 1 2 0. By true value: bad awful good, ranks 1 0 2. Pairs:
  // (1,1)(2,0) and (1,1)(0,2) disagree, (2,0)(0,2) as well.
  expect(tokenStringTau(words).tau).toBe(-1);
});

test("it is 1 for equal orders, whatever the values are", () => {
  expect(tokenStringTau(words.map((word) => ({ ...word, value: word.trueValue ** 3 }))).tau).toBe(1);
});
