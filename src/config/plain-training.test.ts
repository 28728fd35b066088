import { expect, test } from "vitest";
import { parseConfig } from "./check-config.js";
import { plainTraining, withPlainTraining } from "./plain-training.js";

test("a configuration of an earlier version keeps its meaning, one of this version its values", () => {
  const now = parseConfig({}, "test");
  const entries = Object.entries(now.dictionaries).filter(([name]) => !Object.hasOwn(plainTraining, name));
  const before = { ...now, dictionaries: Object.fromEntries(entries) };
  expect(parseConfig(withPlainTraining(before), "test")).toEqual({
    ...now,
    dictionaries: { ...now.dictionaries, ...plainTraining },
  });
  expect(parseConfig(withPlainTraining(now), "test")).toEqual(now);
  expect(withPlainTraining({ dictionaries: 3 })).toEqual({ dictionaries: 3 });
});
