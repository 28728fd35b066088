import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigError, ShapeError } from "../errors.js";
import { Rng } from "../rng.js";
import { kendallTau, tauOfDraws } from "./kendall-tau.js";

interface Case {
  readonly x: number[];
  readonly y: number[];
  readonly tau: number;
  readonly pValue: number;
}
const reference: { kendallTau: Case[]; kendallTauLong: Omit<Case, "x" | "y"> } = JSON.parse(
  readFileSync(new URL("../../test/golden/stats/reference.json", import.meta.url), "utf8"),
);

function expectRelative(received: number, expected: number): void {
  expect(Math.abs(received - expected)).toBeLessThanOrEqual(1e-11 * Math.abs(expected));
}

describe("SciPy's numbers", () => {
  test.each(reference.kendallTau.map((item) => [item.x.length, item] as const))("%i items", (_, item) => {
    const { tau, pValue } = kendallTau(item.x, item.y);
    expectRelative(tau, item.tau);
    expectRelative(pValue, item.pValue);
  });

  test("2000 items with many ties", () => {
    const items = Array.from({ length: 2000 }, (_, i) => i);
    const x = items.map((i) => (37 * i * i + 11 * i) % 997);
    const y = items.map((i, k) => ((i * i * i + 5 * i) % 613) + Math.floor(x[k] / 4));
    const { tau, pValue } = kendallTau(x, y);
    expectRelative(tau, reference.kendallTauLong.tau);
    expectRelative(pValue, reference.kendallTauLong.pValue);
  });
});

test("counts by hand: of six pairs one is tied in x, one in y, one is discordant", () => {
  const result = kendallTau([1, 1, 2, 3], [1, 2, 4, 2]);
  expect(result).toMatchObject({ concordant: 3, discordant: 1, distance: 0.25 });
  expect(result.tau).toBeCloseTo(2 / 5, 14);
});

test("agrees with counting every pair: tau-b by its definition", () => {
  const value = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constantFrom(-0, Infinity, -Infinity, 1e300));
  const lists = fc.integer({ min: 2, max: 30 }).chain((n) => {
    const list = fc.array(value, { minLength: n, maxLength: n });
    return fc.tuple(list, list);
  });
  fc.assert(
    fc.property(lists, ([x, y]) => {
      let [concordant, discordant, apartInX, apartInY] = [0, 0, 0, 0];
      for (let i = 0; i < x.length; i++) {
        for (let j = 0; j < i; j++) {
          const order = (x[i] > x[j] ? 1 : x[i] < x[j] ? -1 : 0) * (y[i] > y[j] ? 1 : y[i] < y[j] ? -1 : 0);
          if (order > 0) concordant++;
          if (order < 0) discordant++;
          if (x[i] !== x[j]) apartInX++;
          if (y[i] !== y[j]) apartInY++;
        }
      }
      const result = kendallTau(x, y);
      expect(result).toMatchObject({ concordant, discordant });
      // 0 / 0 where a list is constant
      const tau = (concordant - discordant) / Math.sqrt(apartInX * apartInY);
      if (Number.isNaN(tau)) expect(result.tau).toBeNaN();
      else expect(result.tau).toBeCloseTo(tau, 13);
    }),
    { seed: 6, numRuns: 500 },
  );
});

test("draws have the tau of a list of what was drawn", () => {
  const rng = Rng.fromSeed(3, "draws");
  const x = Array.from({ length: 40 }, () => rng.integer(12));
  const y = Array.from({ length: 40 }, () => rng.integer(12));
  const tau = tauOfDraws(x, y);
  for (let draw = 0; draw < 50; draw++) {
    const indices = Int32Array.from(x, () => rng.integer(40));
    const [drawnX, drawnY] = [x, y].map((values) => Array.from(indices, (i) => values[i]));
    expect(tau(indices)).toBe(kendallTau(drawnX, drawnY).tau);
  }
  expect(tau(new Int32Array(40).fill(7))).toBeNaN();
});

test("a constant list has no tau", () => {
  const nothing = { tau: NaN, pValue: NaN, concordant: 0, discordant: 0, distance: NaN };
  expect(kendallTau([1, 1, 1], [1, 2, 3])).toEqual(nothing);
});

test("refuses what has no order", () => {
  expect(() => kendallTau([1, 2], [1, 2, 3])).toThrow(ShapeError);
  expect(() => kendallTau([1], [1])).toThrow(ShapeError);
  expect(() => kendallTau([1, 2, 3], [1, NaN, 3])).toThrow(ConfigError);
  expect(() => kendallTau([1, 2, 3], [1, NaN, 3])).toThrow(/y\[1\]: expected a number, received NaN/);
});
