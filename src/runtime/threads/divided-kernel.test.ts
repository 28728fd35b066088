import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Rng } from "../../rng.js";
import { MOST_PAGES } from "../wasm/assembler.js";
import { DividedKernel } from "./divided-kernel.js";
import { type Kernel, kernelOn } from "./kernel.js";

const [TOKENS, FEATURES, COLUMNS, WIDTH] = [1500, 1030, 130, 132];
const LEAST = 0.9;
const BYTES = 64 * 2 ** 20;

/** All functions by one kernel, on the same numbers at the same addresses; what they wrote. */
function computed(kernel: Kernel, memory: WebAssembly.Memory): { counted: number; bytes: Uint8Array } {
  const rng = Rng.fromSeed(1, "divided kernel");
  let next = 64;
  const take = (count: number): number => {
    const address = next;
    next += 64 * Math.ceil((4 * count) / 64);
    return address;
  };
  const random = (count: number): number => {
    const address = take(count);
    new Float32Array(memory.buffer, address, count).forEach((_, i, all) => {
      all[i] = rng.normal();
    });
    return address;
  };
  const [x, bias, rows] = [random(TOKENS * WIDTH), random(WIDTH), random(FEATURES * COLUMNS)];
  // Most entries are of the last tokens, so that the parts have unequal numbers of rows.
  const values = random(TOKENS * FEATURES);
  new Float32Array(memory.buffer, values, TOKENS * FEATURES).forEach((value, i, all) => {
    all[i] = i < 0.7 * all.length ? value - 2 : value;
  });
  const [unit, norms] = [take(FEATURES * WIDTH), take(FEATURES)];
  kernel.normalise(rows, unit, norms, FEATURES, COLUMNS, WIDTH);
  const starts = take(TOKENS + 1);
  const places = () => new Int32Array(memory.buffer, starts, TOKENS + 1);
  kernel.count(values, starts, 0, TOKENS, FEATURES, LEAST);
  for (let token = 0; token < TOKENS; token++) places()[token + 1] += places()[token];
  const counted = places()[TOKENS];
  const [index, kept, towards] = [take(counted), take(counted), take(counted)];
  kernel.list(values, starts, index, kept, 0, TOKENS, FEATURES, LEAST);
  const difference = take(TOKENS * WIDTH);
  kernel.difference(bias, x, difference, TOKENS, WIDTH);
  const panels = take(FEATURES * WIDTH);
  kernel.panels(unit, panels, 0, FEATURES, FEATURES, WIDTH);
  kernel.multiply(starts, index, kept, panels, FEATURES, 0, FEATURES, difference, TOKENS, WIDTH);
  kernel.dots(starts, index, towards, unit, difference, TOKENS, WIDTH, 0.25, 0.5);
  const projected = take(FEATURES * COLUMNS);
  kernel.project(unit, unit, norms, projected, FEATURES, COLUMNS, WIDTH);
  const [p, g, m, v] = [0, 1, 2, 3].map(() => random(2 ** 19 + 4));
  new Float32Array(memory.buffer, v, 2 ** 19 + 4).forEach((value, i, all) => {
    all[i] = value * value;
  });
  kernel.adam(p, g, m, v, 2 ** 19 + 4, 0.5, 0.1, 0.999, 0.001, 1e-8, 0.99, 1e-3, 1.1);
  return { counted, bytes: new Uint8Array(memory.buffer, 0, next).slice() };
}

const memoryOf = (shared: boolean) => new WebAssembly.Memory({ initial: BYTES / 65536, maximum: MOST_PAGES, shared });

let alone: ReturnType<typeof computed>;
const kernels: DividedKernel[] = [];
beforeAll(() => {
  const memory = memoryOf(false);
  alone = computed(kernelOn(memory, false), memory);
});
afterAll(() => {
  for (const kernel of kernels) kernel.close();
});

test.each([2, 3])("%i threads write what one thread writes, to the last bit", async (threads) => {
  const memory = memoryOf(true);
  const kernel = new DividedKernel(memory, threads);
  kernels.push(kernel);
  // The first call starts the threads, and does their work until they are there.
  const first = computed(kernel, memory);
  await vi.waitFor(() => expect(kernel.taking).toBe(threads), { timeout: 20_000 });
  for (const { counted, bytes } of [first, computed(kernel, memory)]) {
    expect(counted).toBe(alone.counted);
    expect(Buffer.compare(bytes, alone.bytes)).toBe(0);
  }
  expect(alone.counted).toBeGreaterThan(0.05 * TOKENS * FEATURES);
});
