import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Rng } from "../../rng.js";
import { contrastWords, overRepresentedWords } from "./over-represented-words.js";

const { contrast } = JSON.parse(
  readFileSync(new URL("../../../test/golden/implicit-reward/reference.json", import.meta.url), "utf8"),
) as { contrast: Record<string, [logOdds: number, z: number]> };

test("log-odds and z are those of the formula in NumPy, most over-represented in tuned first", () => {
  const base = new Map([["the", 60], ["film", 12], ["bad", 9], ["good", 2]]); // biome-ignore format: counts
  const tuned = new Map([["the", 55], ["film", 14], ["good", 11], ["great", 5]]); // biome-ignore format: counts
  const found = contrastWords(base, tuned);
  expect(found.map(({ word }) => word)).toEqual(["good", "great", "film", "the", "bad"]);
  for (const { word, logOdds, z } of found) {
    expect(logOdds, word).toBeCloseTo(contrast[word][0], 12);
    expect(z, word).toBeCloseTo(contrast[word][1], 12);
  }
  expect(found.find(({ word }) => word === "great")).toMatchObject({ base: 0, tuned: 5 });
});

test("the same words in both samples have log-odds 0", () => {
  const counts = new Map([
    ["a", 3],
    ["b", 8],
  ]);
  for (const { logOdds, z } of contrastWords(counts, counts)) expect([logOdds, z]).toEqual([0, 0]);
});

test("a word that one model alone says comes out on top, and not by chance", () => {
  const pairs = Array.from({ length: 200 }, (_, i) => ({
    base: ["the", "film", i % 2 ? "was" : "is", "bad"],
    tuned: ["the", "film", i % 2 ? "is" : "was", "great"],
  }));
  const found = overRepresentedWords(pairs, 1, Rng.fromSeed(1, "coins"));
  expect(found.words).toEqual({ base: 800, tuned: 800, different: 6 });
  expect(found.moreInTuned.map(({ word, base, tuned }) => [word, base, tuned])).toEqual([["great", 0, 200]]);
  expect(found.moreInBase.map(({ word, base, tuned }) => [word, base, tuned])).toEqual([["bad", 200, 0]]);
  expect(found.beyond196).toBe(2);
  expect(found.shuffled.beyond196).toBe(0);
  expect(found.shuffled.largest).toBeLessThan(1.96);
});
