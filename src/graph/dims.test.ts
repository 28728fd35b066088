import fc from "fast-check";
import { expect, test } from "vitest";
import { addDims, type Dim, formatDims, multiplyDims, normaliseAxis, sameDims } from "./dims.js";

const names = { batch: 3, length: 5, past: 7 };

/** The value of a size for these values of its names. */
function evaluate(dim: Dim): number {
  return Number(new Function(...Object.keys(names), `return ${dim}`)(...Object.values(names)));
}

test("products and sums have one spelling", () => {
  expect(multiplyDims(["length", 4, "batch", 2])).toBe("8*batch*length");
  expect(multiplyDims(["batch*length", 1])).toBe("batch*length");
  expect(multiplyDims([2, 3])).toBe(6);
  expect(multiplyDims([])).toBe(1);
  expect(multiplyDims([0, "batch"])).toBe(0);
  expect(addDims(["past", "length"])).toBe("length+past");
  expect(addDims(["past", 1, 2])).toBe("past+3");
  expect(addDims([addDims(["past", 1]), 1])).toBe("past+2");
  expect(addDims(["batch", "batch"])).toBe("2*batch");
  expect(multiplyDims([2, "length+past"])).toBe("2*length+2*past");
  expect(addDims([])).toBe(0);
});

test("equal sizes are spelled alike whatever the order, and each spelling has the size's value", () => {
  const size: fc.Arbitrary<Dim> = fc.letrec<{ dim: Dim }>((tie) => ({
    dim: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom<Dim>("batch", "length", "past", 1, 2, 3),
      fc.array(tie("dim"), { minLength: 1, maxLength: 3 }).map(multiplyDims),
      fc.array(tie("dim"), { minLength: 1, maxLength: 3 }).map(addDims),
    ),
  })).dim;
  fc.assert(
    fc.property(size, size, size, (a, b, c) => {
      expect(multiplyDims([a, b, c])).toBe(multiplyDims([c, multiplyDims([b, a])]));
      expect(addDims([a, b, c])).toBe(addDims([addDims([c, a]), b]));
      expect(multiplyDims([a, addDims([b, c])])).toBe(addDims([multiplyDims([a, b]), multiplyDims([c, a])]));
      expect(evaluate(multiplyDims([a, b]))).toBe(evaluate(a) * evaluate(b));
      expect(evaluate(addDims([a, b]))).toBe(evaluate(a) + evaluate(b));
    }),
    { seed: 1, numRuns: 200 },
  );
});

test("sizes print as a list, axes count from either end", () => {
  expect(formatDims(["batch", 3])).toBe("[batch, 3]");
  expect(formatDims([])).toBe("[]");
  expect([normaliseAxis(-1, 3), normaliseAxis(1, 3)]).toEqual([2, 1]);
  expect(sameDims(["batch", 3], ["batch", 3])).toBe(true);
  expect(sameDims(["batch", 3], ["batch"])).toBe(false);
  expect(sameDims(["batch"], ["length"])).toBe(false);
});
