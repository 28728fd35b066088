import { expect, test } from "vitest";
import { Rng } from "../../../rng.js";
import { controlFor, rankFeatures, sizeOf } from "./feature-sets.js";

const features = 60;
const places = Array.from({ length: features }, (_, feature) => ({ dictionary: 0, feature }));
const size = Float64Array.from(places, ({ feature }) => 1 / (1 + feature));
const frequency = Float64Array.from(places, ({ feature }) => (feature >= 50 ? 0 : ((7 * feature) % 50) / 50 + 0.01));
const rng = () => Rng.fromSeed(6, "controls");

test("features are ranked by attribution, and by their place where that is equal", () => {
  const attribution = Float64Array.from([0, 2, -3, 2, 1]);
  expect(rankFeatures({ attribution, places: places.slice(0, 5) })).toEqual([1, 3, 4, 0, 2]);
});

test("controls are other features, each once, that are ever active", () => {
  const chosen = [0, 3, 8, 20];
  for (const control of ["random", "frequency", "size"] as const) {
    const drawn = controlFor(control, chosen, { size, frequency }, rng())!;
    expect(new Set([...drawn, ...chosen]).size, control).toBe(drawn.length + chosen.length);
    expect(drawn.every((feature) => frequency[feature] > 0)).toBe(true);
    if (control !== "size") expect(drawn).toHaveLength(chosen.length);
  }
  const matched = controlFor("frequency", chosen, { size, frequency }, rng())!;
  for (const [i, feature] of matched.entries())
    expect(Math.abs(frequency[feature] - frequency[chosen[i]])).toBeLessThan(0.25);
});

test("the control of equal size changes at least as much in sum, and stops there", () => {
  const chosen = [0, 3];
  const drawn = controlFor("size", chosen, { size, frequency }, rng())!;
  expect(sizeOf(drawn, { size })).toBeGreaterThanOrEqual(sizeOf(chosen, { size }));
  // Of sizes 1/2 and 1/5 in place of 1 and 1/4, filled up to 5/4 with 1/3, 1/6 and 1/7.
  expect(drawn).toEqual([1, 4, 2, 5, 6]);
});

test("no control where too few other features are active", () => {
  const chosen = Array.from({ length: 30 }, (_, feature) => feature);
  expect(controlFor("random", chosen, { size, frequency }, rng())).toBeUndefined();
});
