import { expect, test } from "vitest";
import { isObject } from "./json-object.js";

test("of what JSON can hold, only objects are objects", () => {
  expect([{}, { a: 1 }].every(isObject)).toBe(true);
  expect([null, undefined, [], [{}], "text", 1, true].some(isObject)).toBe(false);
});
