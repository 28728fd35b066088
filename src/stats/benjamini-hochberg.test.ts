import { describe, expect, it } from "vitest";
import { benjaminiHochberg } from "./benjamini-hochberg.js";

function expectAll(received: number[], expected: number[]): void {
  expect(received.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(received[i]).toBeCloseTo(value, 12);
}

describe("benjaminiHochberg", () => {
  it("agrees with R's p.adjust(method = 'BH')", () => {
    expectAll(benjaminiHochberg([0.01, 0.04, 0.03, 0.005, 0.5]), [0.025, 0.05, 0.05, 0.025, 0.5]);
    expect(benjaminiHochberg([])).toEqual([]);
  });

  it("rejects four of the fifteen hypotheses of Benjamini and Hochberg's own example", () => {
    // 1995, section 3.2. q of rank k is the smallest 15 p / k from k on; the seventh's covers the
    // sixth.
    const p = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
    ];
    const seventh = (0.0298 * 15) / 7;
    const q = benjaminiHochberg(p);
    expectAll(q, [
      0.0015,
      0.003,
      0.0095,
      0.035625,
      0.0603,
      seventh,
      seventh,
      0.0645,
      0.0765,
      0.486,
      (0.4262 * 15) / 11,
      0.714875,
      (0.6528 * 15) / 13,
      (0.759 * 15) / 14,
      1,
    ]);
    expect(q.filter((value) => value <= 0.05).length).toBe(4);
    expectAll(benjaminiHochberg(p.toReversed()), q.toReversed());
  });
});
