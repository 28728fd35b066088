import { expect, test } from "vitest";
import { FeatureDictionary } from "../../src/dictionary/dictionary.js";
import { pursuedVariance } from "./orthogonal-matching-pursuit.js";

const dictionary = new FeatureDictionary({
  ...{ dIn: 2, dSae: 3, applyBDecToInput: false },
  ...{ wEnc: new Float32Array(6), bEnc: new Float32Array(3), bDec: new Float32Array(2) },
  wDec: Float32Array.of(1, 0, 0, 1, 0.6, 0.8),
});
const x = { dims: [2, 2], data: Float32Array.of(3, 4, -3, -4) };

test("one direction where one is enough, two span the plane", () => {
  expect(pursuedVariance(dictionary, x, 1)).toBeCloseTo(1, 9);
  const other = { dims: [2, 2], data: Float32Array.of(4, 3, -4, -3) };
  // The product with [0.6, 0.8] is 4.8, which leaves 25 - 4.8^2 = 1.96 of 25.
  expect(pursuedVariance(dictionary, other, 1)).toBeCloseTo(1 - 1.96 / 25, 6);
  expect(pursuedVariance(dictionary, other, 2)).toBeCloseTo(1, 9);
});
