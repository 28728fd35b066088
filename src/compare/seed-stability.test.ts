import { describe, expect, it } from "vitest";
import { dictionaryOf } from "../../test/support/decoder-rows.js";
import { Rng } from "../rng.js";
import { seedStability } from "./seed-stability.js";

const dictionary = (rows: readonly (readonly number[])[]) => dictionaryOf(rows[0].length, rows);

describe("seedStability", () => {
  it("takes the mean over the other seeds of each feature's highest cosine, in any order of features", () => {
    const a = dictionary([
      [1, 0],
      [0, 1],
    ]);
    const b = dictionary([
      [0, 2],
      [-1, 0],
    ]);
    const c = dictionary([
      [0.6, 0.8],
      [0.8, -0.6],
    ]);
    const { pairs, dictionaries } = seedStability([a, b, c], () => Rng.fromSeed(1));
    expect(dictionaries[0].cosines.map((row) => row.map((cosine) => Math.round(cosine * 1e6) / 1e6))).toEqual([
      [0, 1],
      [0.8, 0.8],
    ]);
    expect(dictionaries[0].means[0]).toBeCloseTo(0.4, 6);
    expect(dictionaries[0].means[1]).toBeCloseTo(0.9, 6);
    expect(pairs.map(({ first, second }) => [first, second])).toEqual([
      [0, 1],
      [0, 2],
      [1, 2],
    ]);
    // a in b: 0 and 1; b in a: 1 and 0.
    expect(pairs[0].mmcs).toBeCloseTo(0.5, 6);
  });

  it("marks the features that all seeds share as stable and random ones not, by a threshold above chance", () => {
    const rng = Rng.fromSeed(7);
    const random = () => Array.from({ length: 64 }, () => rng.normal());
    const shared = Array.from({ length: 20 }, random);
    const near = (row: readonly number[]) => row.map((value) => value + 0.3 * rng.normal());
    const seeds = [0, 1, 2].map(() => dictionary([...shared.map(near), ...Array.from({ length: 20 }, random)]));
    const { random: chance, threshold, dictionaries } = seedStability(seeds, () => Rng.fromSeed(2));
    // The largest of 40 cosines with deviation 1/8 is about 2.2 deviations.
    expect(chance).toBeGreaterThan(0.2);
    expect(chance).toBeLessThan(0.35);
    expect(threshold).toBeCloseTo((1 + chance) / 2, 12);
    for (const { stable } of dictionaries) expect(stable).toEqual(stable.map((_, feature) => feature < 20));
  });

  it("needs two seeds", () => {
    expect(() => seedStability([dictionary([[1]])], () => Rng.fromSeed(1))).toThrow("at least two");
  });
});
