import { expect, test } from "vitest";
import { ConfigError } from "../errors.js";
import { parseSeeds } from "./seed-list.js";

test("seeds come in the order given", () => {
  expect(parseSeeds("3,1, 20")).toEqual([3, 1, 20]);
  expect(parseSeeds("0")).toEqual([0]);
});

test.each(["1,1", "1,01", "a", "-1", "1.5", "1e3", "", "1,", "1 2", "1;2", "9007199254740993"])(
  "%j is no list of seeds",
  (text) => {
    expect(() => parseSeeds(text)).toThrow(ConfigError);
    expect(() => parseSeeds(text)).toThrow(/1 problem\n {2}--seeds: expected different whole numbers/);
  },
);
