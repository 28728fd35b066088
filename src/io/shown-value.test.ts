import { expect, test } from "vitest";
import { shown, shownList, shownName } from "./shown-value.js";

test("a value in one short line", () => {
  expect([undefined, null, Number.POSITIVE_INFINITY, Number.NaN, "a", [1, "b"], { a: 1 }].map(shown)).toEqual([
    "nothing",
    "null",
    "Infinity",
    "NaN",
    '"a"',
    '[1,"b"]',
    '{"a":1}',
  ]);
  expect(shown("x".repeat(1e6))).toHaveLength(100);
});

test("a value that is nested too deeply to be written", () => {
  const deep = JSON.parse(`${"[".repeat(200_000)}${"]".repeat(200_000)}`);
  expect(shown(deep)).toBe("a list");
  expect(shown({ deep })).toBe("an object");
});

test("names: as they are, unless they would break the line", () => {
  expect(shownName("gpt_neox.embed_in.weight")).toBe("gpt_neox.embed_in.weight");
  expect(shownName("a\nb")).toBe('"a\\nb"');
  expect(shownName("")).toBe('""');
  expect(shownName("x".repeat(1e6))).toHaveLength(100);
  expect(shownList(["a", "b", "c"])).toBe("a, b, c");
  expect(shownList(["a", "b", "c", "d", "e"])).toBe("a, b, c and 2 more");
});
