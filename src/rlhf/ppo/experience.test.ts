import { expect, test } from "vitest";
import { RunError, ShapeError } from "../../errors.js";
import { checkResponses } from "./experience.js";

const one = (response: number[], score = 1) => ({ queries: [[1, 2]], responses: [response], scores: [score] });

test("a batch that cannot be learned from is refused, and says why", () => {
  expect(() => checkResponses(one([3, 4]), 1)).not.toThrow();
  expect(() => checkResponses(one([3]), 1)).toThrow(ShapeError);
  expect(() => checkResponses(one([3]), 1)).toThrow(/one response of one token: .*\n {2}help: raise batchSize/);
  expect(() => checkResponses(one([]), 1)).toThrow("response 0 is empty");
  expect(() => checkResponses(one([3, 4]), 2)).toThrow("batchSize is 2; received 1 queries, 1 responses, 1 scores");
  expect(() => checkResponses(one([3, 4], Number.NaN), 1)).toThrow(RunError);
});
