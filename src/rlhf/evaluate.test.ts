import { expect, it } from "vitest";
import { distinctBigrams } from "./evaluate.js";

it("counts distinct pairs of neighbouring words over all texts", () => {
  expect(distinctBigrams(["a b a b", "B a"])).toBe(2 / 4);
  expect(distinctBigrams([""])).toBe(0);
});
