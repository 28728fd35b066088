import { describe, expect, it } from "vitest";
import { dictionaryOf } from "../../test/support/decoder-rows.js";
import { Rng } from "../rng.js";
import { matchDictionaries } from "./match-dictionaries.js";

describe("matchDictionaries", () => {
  it("takes the best cosine of each feature, whatever the rows' norms", () => {
    const small = dictionaryOf(2, [
      [3, 4],
      [0, 2],
      [-1, 0],
    ]);
    const large = dictionaryOf(2, [
      [10, 0],
      [0, 0.5],
      [0, -1],
      [1, 0],
    ]);
    const match = matchDictionaries(small, large, { topK: 2, rng: Rng.fromSeed(1) });
    expect(match.cosines[0]).toBeCloseTo(0.8, 6);
    expect(match.cosines.slice(1)).toEqual([1, 0]);
    expect(match.partners).toEqual([1, 1, 1]);
    expect(match.mmcs).toBeCloseTo(0.6, 6);
    expect(match.top.map(({ feature, partner }) => [feature, partner])).toEqual([
      [1, 1],
      [0, 1],
    ]);
  });

  it("matches one to one where asked to: a partner that two want goes where the sum is largest", () => {
    const small = dictionaryOf(2, [
      [1, 0],
      [0.8, 0.6],
    ]);
    const large = dictionaryOf(2, [
      [1, 0],
      [0, 1],
      [-1, 0],
    ]);
    const best = matchDictionaries(small, large, { topK: 1, rng: Rng.fromSeed(1) });
    expect(best.partners).toEqual([0, 0]);
    const match = matchDictionaries(small, large, { topK: 2, rng: Rng.fromSeed(1), matching: "oneToOne" });
    // 1 + 0.6 against 0.8 + 0
    expect(match.partners).toEqual([0, 1]);
    expect(match.cosines[1]).toBeCloseTo(0.6, 6);
    expect(match.mmcs).toBeCloseTo(0.8, 6);
    expect(match.randomMmcs).toBeLessThanOrEqual(best.randomMmcs);
    expect(match.top.map(({ feature, partner }) => [feature, partner])).toEqual([
      [0, 0],
      [1, 1],
    ]);
    const turned = () => matchDictionaries(large, small, { topK: 1, rng: Rng.fromSeed(1), matching: "oneToOne" });
    expect(turned).toThrow("3 features cannot be matched one to one with 2");
  });

  it("has a control for chance: in one dimension every random row matches, in many few do", () => {
    const wide = (rows: number) =>
      dictionaryOf(
        64,
        Array.from({ length: rows }, () => Array.from({ length: 64 }, () => 1)),
      );
    const rng = Rng.fromSeed(3);
    const match = matchDictionaries(wide(50), wide(100), { topK: 1, rng });
    expect(match.mmcs).toBeCloseTo(1, 6);
    // The largest of 100 cosines with deviation 1/8 is about 2.5 deviations.
    expect(match.randomMmcs).toBeGreaterThan(0.26);
    expect(match.randomMmcs).toBeLessThan(0.36);
    const one = (rows: number) =>
      dictionaryOf(
        1,
        Array.from({ length: rows }, () => [1]),
      );
    expect(matchDictionaries(one(5), one(30), { topK: 5, rng }).randomMmcs).toBe(1);
  });

  it("gives dead rows cosine 0 and refuses what does not fit", () => {
    const rng = Rng.fromSeed(1);
    const dead = dictionaryOf(2, [[0, 0]]);
    expect(matchDictionaries(dead, dictionaryOf(2, [[1, 0]]), { topK: 1, rng }).cosines).toEqual([0]);
    expect(() => matchDictionaries(dead, dictionaryOf(3, [[1, 0, 0]]), { topK: 1, rng })).toThrow("dIn 2");
    expect(() => matchDictionaries(dead, dead, { topK: 2, rng })).toThrow("integer from 1 to 1");
  });
});
