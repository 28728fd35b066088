import { expect, test } from "vitest";
import { memoryNote, memoryOf, shownBytes, sizeOf } from "./memory.js";

const layout = [
  { name: "embedding", dims: [1000, 200] },
  { name: "norm", dims: [200] },
];

test("memory is counted from the parameters and from the largest of them", () => {
  expect(sizeOf(layout)).toEqual({ parameters: 200_200, largest: 200_000 });
  const { weights, reading, tuning } = memoryOf(sizeOf(layout));
  expect(weights).toBe(4 * 200_200);
  expect(reading).toBe(4 * 200_200 + 3 * 4 * 200_000 + 2 ** 29);
  // Parameters, gradients, two moments, and the reference model.
  expect(tuning).toBe((4 + 4 + 8 + 4) * 200_200);
});

test("work that takes more than the machine has is a warning", () => {
  expect(memoryNote("to audit this pair", 4.24e9, 25e9)).toBe("to audit this pair takes about 4.2 GB of memory");
  expect(memoryNote("to audit this pair", 4.24e9, 4e9)).toBe(
    "warning: to audit this pair takes about 4.2 GB of memory, this machine has 4.0 GB",
  );
  expect([shownBytes(2_500_000), shownBytes(48e6), shownBytes(0.41e9), shownBytes(123e9)]).toEqual([
    "2.5 MB",
    "48 MB",
    "0.41 GB",
    "123 GB",
  ]);
});
