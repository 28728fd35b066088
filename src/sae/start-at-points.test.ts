import { expect, test } from "vitest";
import { Rng } from "../rng.js";
import { startAtPoints } from "./start-at-points.js";

const [tokens, dIn, dSae] = [50, 8, 12];
const rng = Rng.fromSeed(1, "points");
const x = { dims: [tokens, dIn], data: Float32Array.from({ length: tokens * dIn }, () => 3 + rng.normal()) };
const mean = Array.from(
  { length: dIn },
  (_, i) =>
    Array.from({ length: tokens }, (_, row) => x.data[row * dIn + i]).reduce((sum, value) => sum + value) / tokens,
);

/** The largest cosine of a direction with a centred activation. */
function nearest(row: Float32Array): number {
  const cosines = Array.from({ length: tokens }, (_, token) => {
    const centred = mean.map((value, i) => x.data[token * dIn + i] - value);
    return centred.reduce((sum, value, i) => sum + value * row[i], 0) / Math.hypot(...centred);
  });
  return Math.max(...cosines);
}

test("rows of norm 1 lie along different activations less their mean, which biases take off", () => {
  const { rows, encoderBias, decoderBias } = startAtPoints(x, dSae, Rng.fromSeed(2));
  expect(decoderBias.every((value, i) => Math.abs(value - mean[i]) < 1e-5)).toBe(true);
  for (let feature = 0; feature < dSae; feature++) {
    const row = rows.subarray(feature * dIn, (feature + 1) * dIn);
    expect(Math.hypot(...row)).toBeCloseTo(1, 5);
    expect(nearest(row)).toBeGreaterThan(0.9);
    // The pre-activation of the mean is 0.
    expect(row.reduce((sum, value, i) => sum + value * mean[i], encoderBias[feature])).toBeCloseTo(0, 4);
  }
  const other = startAtPoints(x, dSae, Rng.fromSeed(3)).rows;
  expect(other).not.toEqual(rows);
  expect(startAtPoints(x, dSae, Rng.fromSeed(2)).rows).toEqual(rows);
});

test("with fewer tokens than features the others begin in random directions", () => {
  const { rows } = startAtPoints({ dims: [2, dIn], data: x.data.slice(0, 2 * dIn) }, dSae, Rng.fromSeed(2));
  expect(rows.every(Number.isFinite)).toBe(true);
  for (let feature = 0; feature < dSae; feature++)
    expect(Math.hypot(...rows.subarray(feature * dIn, (feature + 1) * dIn))).toBeCloseTo(1, 5);
});
