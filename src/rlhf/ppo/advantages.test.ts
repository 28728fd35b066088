import { describe, expect, it } from "vitest";
import { Rng } from "../../rng.js";
import { computeGae, momentsOf, tokenRewards, whiten } from "./advantages.js";

const rows = (...values: number[][]): Float64Array[] => values.map((row) => Float64Array.from(row));

describe("tokenRewards", () => {
  it("takes the KL penalty off every token and adds the score to the last", () => {
    const { rewards, nonScoreRewards } = tokenRewards(rows([-1, -2]), rows([-1.5, -1]), [3], 0.2);
    expect([...nonScoreRewards[0]]).toEqual([-0.1, 0.2]);
    expect([...rewards[0]]).toEqual([-0.1, 3.2]);
  });
});

describe("computeGae", () => {
  it("gives hand-checked values", () => {
    // delta_1 = 2 - 0.5 = 1.5; delta_0 = 1 + 0.9 * 0.5 - 0.25 = 1.2; A_0 = 1.2 + 0.9 * 0.5 * 1.5 =
    // 1.875
    const { advantages, returns } = computeGae(rows([1, 2]), rows([0.25, 0.5]), { gamma: 0.9, lambda: 0.5 });
    expect(advantages[0][0]).toBeCloseTo(1.875, 12);
    expect(advantages[0][1]).toBeCloseTo(1.5, 12);
    expect([...returns[0]]).toEqual([advantages[0][0] + 0.25, 2]);
  });

  it("agrees with the sum over n-step advantages, which is written another way", () => {
    const rng = Rng.fromSeed(3);
    const draw = () => Float64Array.from({ length: 7 }, () => rng.normal());
    const [rewards, values] = [draw(), draw()];
    const [gamma, lambda] = [0.97, 0.9];
    const { advantages } = computeGae([rewards], [values], { gamma, lambda });
    for (let t = 0; t < 7; t++) {
      let expected = 0;
      for (let k = t; k < 7; k++) {
        const delta = rewards[k] + gamma * (values[k + 1] ?? 0) - values[k];
        expected += (gamma * lambda) ** (k - t) * delta;
      }
      expect(advantages[0][t]).toBeCloseTo(expected, 12);
    }
  });
});

describe("whiten", () => {
  it("uses all tokens of all responses and the unbiased variance", () => {
    const values = rows([1, 2], [3, 6]);
    expect(momentsOf(values)).toEqual({ mean: 3, variance: 14 / 3, count: 4 });
    const [[a]] = whiten(values);
    expect(a).toBeCloseTo(-2 / Math.sqrt(14 / 3), 7);
    expect(whiten(values, { keepMean: true })[0][0] - a).toBeCloseTo(3, 12);
  });
});
