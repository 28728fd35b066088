/** Intervals cover the truth as often as they promise, on samples of which the truth is known. */
import { expect, test } from "vitest";
import { Rng } from "../../src/rng.js";
import { bootstrap } from "../../src/stats/bootstrap.js";
import { tauOfDraws } from "../../src/stats/kendall-tau.js";

/** A sample of n units, and a statistic of it whose true value is known. */
type Draw = (rng: Rng, n: number) => (indices: Int32Array) => number;

const meanOf = (values: readonly number[]) => (indices: Int32Array) =>
  indices.reduce((sum, i) => sum + values[i], 0) / indices.length;
const drawn = (n: number, draw: () => number) => meanOf(Array.from({ length: n }, draw));
const CORRELATION = 0.6;

test.each<[string, number, Draw]>([
  ["the mean of a normal variable", 3, (rng, n) => drawn(n, () => 3 + 2 * rng.normal())],
  ["the mean of a skewed variable", 1, (rng, n) => drawn(n, () => -Math.log(1 - rng.uniform()))],
  ["a share", 0.3, (rng, n) => drawn(n, () => (rng.uniform() < 0.3 ? 1 : 0))],
  ["a difference of pairs", -1, (rng, n) => drawn(n, () => rng.normal() - (1 + rng.normal()))],
  [
    // Of normal variables with correlation r tau is 2 / pi asin(r) (Greiner 1909).
    "tau",
    (2 / Math.PI) * Math.asin(CORRELATION),
    (rng, n) => {
      const x = Array.from({ length: n }, () => rng.normal());
      return tauOfDraws(
        x,
        x.map((value) => CORRELATION * value + Math.sqrt(1 - CORRELATION ** 2) * rng.normal()),
      );
    },
  ],
])("covers %s in 95 of 100 samples", (_name, truth, draw) => {
  const rng = Rng.fromSeed(4, "coverage");
  const [samples, n] = [500, 150];
  let covered = 0;
  for (let sample = 0; sample < samples; sample++) {
    const { low, high } = bootstrap(n, draw(rng, n), { rng, unit: "text", resamples: 300 });
    if (low <= truth && truth <= high) covered++;
  }
  // Three deviations of the binomial count to either side.
  const deviation = Math.sqrt(samples * 0.95 * 0.05);
  expect(Math.abs(covered - 0.95 * samples)).toBeLessThan(3 * deviation);
});
