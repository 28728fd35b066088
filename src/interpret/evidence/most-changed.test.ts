import { expect, test } from "vitest";
import { meanCodes, mostChanged } from "./most-changed.js";

test("means are over the tokens of all texts, per encoder", async () => {
  async function* stream() {
    yield { text: 0, tokens: [1, 2], codes: [Float32Array.of(1, 0, 3, 2), Float32Array.of(4, 0)] };
    yield { text: 1, tokens: [3], codes: [Float32Array.of(2, 1), Float32Array.of(5)] };
  }
  expect(await meanCodes(stream(), [2, 1])).toEqual([Float64Array.of(2, 1), Float64Array.of(3)]);
});

test("the largest differences come first, whatever their sign, equal ones in their order", () => {
  const [base, tuned] = [Float64Array.of(1, 0, 2, 0.5), Float64Array.of(1, 0.5, 0, 0)];
  expect(mostChanged(base, tuned, 3)).toEqual([
    { feature: 2, means: { base: 2, tuned: 0 } },
    { feature: 1, means: { base: 0, tuned: 0.5 } },
    { feature: 3, means: { base: 0.5, tuned: 0 } },
  ]);
  expect(mostChanged(base, tuned, 9)).toHaveLength(4);
  expect(() => mostChanged(base, Float64Array.of(1), 1)).toThrow(/expected 4 features, those of base, received 1/);
});
