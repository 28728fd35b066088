import { describe, expect, it } from "vitest";
import { Rng } from "../../rng.js";
import { leastSquares, ridge } from "../../stats/index.js";
import { crossFit } from "./cross-fit.js";

describe("crossFit", () => {
  it("fits a line by hand: least squares, and ridge with the penalty on the slope alone", async () => {
    // x = 0, 1, 2 and y = 1, 3, 8: centred Gram 2, centred product 7.
    const { all, strengths } = await crossFit({
      inputs: Float32Array.from([0, 5, 1, 5, 2, 5]),
      width: 2,
      labels: [Float64Array.from([1, 3, 8]), Float64Array.from([2, 2, 2])],
      leftOut: [[0], [1], [2]],
      relativeStrengths: [0, 1],
    });
    expect(strengths).toEqual([0, 2]);
    expect(all[0][0].coefficients[0]).toBeCloseTo(3.5, 12);
    expect(all[0][0].coefficients[1]).toBe(0); // a constant input
    expect(all[0][0].intercept).toBeCloseTo(0.5, 12);
    expect(all[1][0].coefficients[0]).toBeCloseTo(7 / 4, 12);
    expect(all[1][0].intercept).toBeCloseTo(4 - 7 / 4, 12);
    expect(all[0][1].intercept).toBeCloseTo(2, 12);
  });

  it("gives each fold what the other rows alone would give", async () => {
    const rng = Rng.fromSeed(6);
    const [rows, width, nFolds] = [40, 6, 4];
    const inputs = Float32Array.from({ length: rows * width }, () => (rng.uniform() < 0.5 ? 0 : rng.normal()));
    const labels = Float64Array.from({ length: rows }, () => rng.normal());
    const all = Array.from({ length: rows }, (_, row) => row);
    // Every row is left out by one fold, every sixth by fold 1 too.
    const leftOut = Array.from({ length: nFolds }, (_, fold) =>
      all.filter((row) => row % nFolds === fold || (fold === 1 && row % 6 === 0)),
    );
    const problem = { width, leftOut, relativeStrengths: [0, 0.1] };
    const { folds, strengths } = await crossFit({ ...problem, inputs, labels: [labels] });
    const kept = all.filter((row) => !leftOut[1].includes(row));
    const x = kept.map((row) => inputs.subarray(row * width, (row + 1) * width));
    const y = kept.map((row) => labels[row]);
    const alone = [leastSquares(x, y), ridge(x, y, { strength: strengths[1] })];
    for (const [s, expected] of alone.entries()) {
      const { coefficients, intercept } = folds[s][1][0];
      for (let j = 0; j < width; j++) expect(coefficients[j]).toBeCloseTo(expected.coefficients[j], 10);
      expect(intercept).toBeCloseTo(expected.intercept, 10);
    }
  });

  it("gives the same where a thread solves every second fold", async () => {
    const rng = Rng.fromSeed(7);
    const [rows, width] = [360, 310];
    const inputs = Float32Array.from({ length: rows * width }, () => rng.normal());
    const labels = Float64Array.from({ length: rows }, () => rng.normal());
    const leftOut = [[0, 5], [1], [2, 3]];
    const { folds, all, strengths } = await crossFit({
      ...{ inputs, width, labels: [labels], leftOut },
      relativeStrengths: [0.1],
    });
    for (const [fold, left] of [...leftOut, []].entries()) {
      const kept = Array.from(labels.keys()).filter((row) => !left.includes(row));
      const alone = ridge(
        kept.map((row) => inputs.subarray(row * width, (row + 1) * width)),
        kept.map((row) => labels[row]),
        { strength: strengths[0] },
      );
      const [{ coefficients, intercept }] = fold < leftOut.length ? folds[0][fold] : all[0];
      for (let j = 0; j < width; j++) expect(coefficients[j]).toBeCloseTo(alone.coefficients[j], 9);
      expect(intercept).toBeCloseTo(alone.intercept, 9);
    }
  });

  it("takes the solution of minimum norm when the data leave it open", async () => {
    // The second input repeats the first, so the slope 2 is shared.
    const x = [1, 2, 3, 4];
    const { all } = await crossFit({
      inputs: Float32Array.from(x.flatMap((value) => [value, value])),
      width: 2,
      labels: [Float64Array.from(x, (value) => 2 * value + 1)],
      leftOut: [
        [0, 1],
        [2, 3],
      ],
      relativeStrengths: [0],
    });
    expect(all[0][0].coefficients[0]).toBeCloseTo(1, 9);
    expect(all[0][0].coefficients[1]).toBeCloseTo(1, 9);
    expect(all[0][0].intercept).toBeCloseTo(1, 9);
  });
});
