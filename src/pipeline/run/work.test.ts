import { expect, test } from "vitest";
import { addWork } from "./work.js";

test("counts of one unit are added, others kept", () => {
  const a = { readTokens: 1, probTokens: 2 };
  expect(addWork(a, { probTokens: 3, taus700: 4 })).toEqual({ readTokens: 1, probTokens: 5, taus700: 4 });
  expect(a).toEqual({ readTokens: 1, probTokens: 2 });
});
