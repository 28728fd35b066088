import { expect, test } from "vitest";
import { editDistance, nearest } from "./nearest.js";

test("edit distance counts insertions, deletions and substitutions", () => {
  expect(editDistance("kitten", "sitting")).toBe(3);
  expect(editDistance("", "abc")).toBe(3);
  expect(editDistance("same", "same")).toBe(0);
});

test("the nearest name ignores case and separators, and far ones are none", () => {
  expect(nearest("batch_size", ["miniBatchSize", "batchSize"])).toBe("batchSize");
  expect(nearest("gama", ["lambda", "gamma"])).toBe("gamma");
  expect(nearest("colour", ["gamma", "lambda"])).toBeUndefined();
});
