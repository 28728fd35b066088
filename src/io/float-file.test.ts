import { mkdtemp, readFile, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FloatTensor } from "../runtime/tensor.js";
import { readMatrices, writeMatrices } from "./float-file.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-float-file-"));
});
afterAll(() => rm(folder, { recursive: true }));

const whole = new Float32Array(20).map((_, i) => i / 7);
/** The second is a view into a larger array. */
const matrices: FloatTensor[] = [
  { dims: [3, 2], data: Float32Array.from([1, -0, Number.NaN, 1e-40, 5, 6]) },
  { dims: [2, 4], data: whole.subarray(5, 13) },
  { dims: [0, 4], data: new Float32Array(0) },
];

async function* all(): AsyncGenerator<FloatTensor> {
  yield* matrices;
}

test("matrices come back bit for bit, in their order", async () => {
  const path = join(folder, "states.bin");
  await writeMatrices(path, all());
  expect((await stat(path)).size).toBe(3 * 8 + 4 * (6 + 8));
  expect((await readFile(path)).readFloatLE(8)).toBe(1);
  const found: FloatTensor[] = [];
  for await (const matrix of readMatrices(path)) found.push(matrix);
  expect(found).toEqual(matrices.map(({ dims, data }) => ({ dims, data: data.slice() })));
  // A second file of the name replaces the first.
  await writeMatrices(path, (async function* () {})());
  expect(await readMatrices(path).next()).toMatchObject({ done: true });
});

test.each([
  ["its values", 8 + 4 * 6 - 1],
  ["its sizes", 5],
])("a file that ends within %s is refused", async (_, bytes) => {
  const path = join(folder, "cut.bin");
  await writeMatrices(path, all());
  await truncate(path, bytes);
  await expect(readMatrices(path).next()).rejects.toThrow(`${path}: ends within a matrix`);
});
