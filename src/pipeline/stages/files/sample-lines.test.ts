import { expect, test } from "vitest";
import { sampleLines } from "./sample-lines.js";

const sample = {
  batch: 10,
  query: "This\nfilm",
  base: " a",
  tuned: " was \u001b[31mgreat",
  baseReward: 0,
  tunedReward: 0.62,
};

test("one line a sample, with its reward, cut where it is long, without control characters", () => {
  const long = { ...sample, tuned: "x".repeat(200), tunedReward: -3 };
  const [heading, first, second] = sampleLines([sample, long]);
  expect(heading).toBe("batch 10, reward and text (query | completion):");
  expect(first).toBe("  0.62  This film| was [31mgreat");
  expect(second).toHaveLength(96);
  expect(second).toMatch(/^ -3\.00 {2}This film\|x+…$/);
  expect(sampleLines([])).toEqual([]);
});
