import { expect, test } from "vitest";
import { Rng } from "./rng.js";
import { mean } from "./stats/moments.js";

test("the first values of a named stream are those of an independent implementation", () => {
  // xoshiro128** and SplitMix32, reimplemented in Python from the papers' definitions.
  const rng = Rng.fromSeed(42, "example");
  expect(rng.state()).toEqual([342083675, 114797233, 3682340322, 625809526]);
  expect(Array.from({ length: 6 }, () => rng.uint32())).toEqual([
    4102065945, 499267640, 3744003308, 2513879310, 777540884, 2996004993,
  ]);
  const uniform = Rng.fromSeed(42, "example");
  expect([uniform.uniform(), uniform.uniform(), uniform.uniform()]).toEqual([
    0.9550866493302941, 0.8717187016107748, 0.1810353450295461,
  ]);
  const unnamed = Rng.fromSeed(42);
  expect([unnamed.uint32(), unnamed.uint32(), unnamed.uint32()]).toEqual([3415929203, 220504180, 3558451373]);
});

test("the generator gives the authors' values from the state 1, 2, 3, 4", () => {
  const rng = Rng.restore([1, 2, 3, 4]);
  expect(Array.from({ length: 5 }, () => rng.uint32())).toEqual([11520, 0, 5927040, 70819200, 2031721883]);
});

test("streams differ by seed and by name, and by nothing else", () => {
  const first = (seed: number, ...names: string[]): number => Rng.fromSeed(seed, ...names).uint32();
  expect(first(1, "a", "b")).toBe(first(1, "a", "b"));
  expect(new Set([first(1, "a"), first(2, "a"), first(1, "b"), first(1, "a", "b"), first(1)]).size).toBe(5);
});

test("a restored stream goes on where its state was taken, JSON between", () => {
  const rng = Rng.fromSeed(7);
  for (let i = 0; i < 5; i++) rng.normal();
  const restored = Rng.restore(JSON.parse(JSON.stringify(rng.state())));
  expect([restored.uint32(), restored.normal()]).toEqual([rng.uint32(), rng.normal()]);
});

test("moments of uniform and normal values are within four standard errors", () => {
  const n = 20_000;
  const rng = Rng.fromSeed(3, "moments");
  const uniform = Array.from({ length: n }, () => rng.uniform());
  expect(Math.abs(mean(uniform) - 0.5)).toBeLessThan(4 / Math.sqrt(12 * n));
  const normal = Array.from({ length: n }, () => rng.normal());
  expect(Math.abs(mean(normal))).toBeLessThan(4 / Math.sqrt(n));
  expect(Math.abs(mean(normal.map((value) => value * value)) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
  expect(Math.abs(mean(normal.map((value) => value ** 4)) - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
});

test("integers, permutations and samples are uniform (chi-square, 0.1 %)", () => {
  const rng = Rng.fromSeed(5, "uniform");
  const chiSquare = (counts: readonly number[]): number => {
    const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  };
  const integers = new Array<number>(6).fill(0);
  for (let i = 0; i < 6000; i++) integers[rng.integer(6)]++;
  expect(chiSquare(integers)).toBeLessThan(20.5);
  const orders: Record<string, number> = {};
  for (let i = 0; i < 6000; i++) {
    const order = rng.permutation(3).join("");
    orders[order] = (orders[order] ?? 0) + 1;
  }
  expect(Object.keys(orders)).toHaveLength(6);
  expect(chiSquare(Object.values(orders))).toBeLessThan(20.5);
  expect(new Set(rng.sample(9, 4)).size).toBe(4);
  expect(rng.sample(3, 3).sort()).toEqual([0, 1, 2]);
});
