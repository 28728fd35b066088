import { expect, test } from "vitest";
import { parseSeeds } from "./seed-list.js";

test("seeds come in the order given", () => {
  expect(parseSeeds("3,1, 20")).toEqual([3, 1, 20]);
  expect(parseSeeds("0")).toEqual([0]);
});

test.each(["1,1", "1,01", "a", "-1", "1.5", "1e3", "", "1,", "1 2", "1;2", "9007199254740993"])(
  "%j is no list of seeds",
  (text) => {
    expect(parseSeeds(text)).toEqual({
      path: "--seeds",
      expected: "different whole numbers of at least 0, such as 1,2,3",
      received: JSON.stringify(text),
    });
  },
);
