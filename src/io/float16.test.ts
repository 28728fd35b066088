import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from "./float16.js";

const formats = [
  { name: "half precision", widen: float16ToFloat32, narrow: float32ToFloat16, infinity: 0x7c00 },
  { name: "bfloat16", widen: bfloat16ToFloat32, narrow: float32ToBfloat16, infinity: 0x7f80 },
];

describe.each(formats)("$name", ({ widen, narrow, infinity }) => {
  const all = Uint16Array.from({ length: 1 << 16 }, (_, i) => i);
  const values = widen(all);

  test("every finite or infinite bit pattern survives the way to float32 and back", () => {
    const back = narrow(values);
    for (const bits of all) if (!Number.isNaN(values[bits])) expect(back[bits]).toBe(bits);
  });

  test("NaN stays NaN, whatever its payload", () => {
    const nans = Float32Array.from(
      new Float32Array(Uint32Array.of(0x7f800001, 0x7fc00000, 0xff800001, 0x7fffffff).buffer),
    );
    expect([...widen(narrow(nans))]).toEqual([NaN, NaN, NaN, NaN]);
  });

  test("rounds to the nearer neighbour, ties to even", () => {
    const bits = fc.integer({ min: 0, max: infinity - 1 });
    fc.assert(
      fc.property(bits, fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean(), (lower, share, negative) => {
        const low = values[lower];
        // The step above the largest finite value is as long as the one below it: rounding ignores
        // the range at first.
        const high = lower + 1 === infinity ? 2 * low - values[lower - 1] : values[lower + 1];
        const [value] = Float32Array.of(low + share * (high - low));
        const middle = low + (high - low) / 2;
        const even = lower % 2 === 0 ? lower : lower + 1;
        const nearest = value < middle ? lower : value > middle ? lower + 1 : even;
        expect(narrow(Float32Array.of(negative ? -value : value))[0]).toBe(negative ? nearest | 0x8000 : nearest);
      }),
      { seed: 5, numRuns: 3000 },
    );
  });
});

test("known half-precision values", () => {
  const values = Float32Array.of(1, -2, 65504, 65519, 65520, 2 ** -14, 2 ** -24, 2 ** -25, 1.5 * 2 ** -25, 1 / 3);
  const bits = [0x3c00, 0xc000, 0x7bff, 0x7bff, 0x7c00, 0x0400, 0x0001, 0x0000, 0x0001, 0x3555];
  expect([...float32ToFloat16(values)]).toEqual(bits);
});

test("known bfloat16 values", () => {
  const values = Float32Array.of(1, -2, 1 + 2 ** -8, 1 + 3 * 2 ** -8, 3.4e38, 1 / 3, -Infinity);
  const bits = [0x3f80, 0xc000, 0x3f80, 0x3f82, 0x7f80, 0x3eab, 0xff80];
  expect([...float32ToBfloat16(values)]).toEqual(bits);
});
