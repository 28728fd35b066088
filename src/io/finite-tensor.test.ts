import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readFinite } from "./finite-tensor.js";
import { openSafetensors, type StoredTensor, writeSafetensors } from "./safetensors.js";

const folder = mkdtempSync(join(tmpdir(), "rewardscope-finite-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Reads a tensor that was stored. */
async function read(tensor: StoredTensor, shape?: readonly number[]): Promise<Float32Array> {
  const path = join(folder, "model.safetensors");
  await writeSafetensors(path, { w: tensor });
  const file = await openSafetensors(path);
  try {
    return (await readFinite(file, "w", shape)).data;
  } finally {
    await file.close();
  }
}

test("finite values, however large or small, are given as they are", async () => {
  const data = Float32Array.of(0, -0, 3.4028234663852886e38, -3.4028234663852886e38, 1e-45, 1);
  expect(await read({ dims: [2, 3], data }, [2, 3])).toEqual(data);
  expect(await read({ dims: [0, 3], data: new Float32Array(0) })).toHaveLength(0);
});

test.each([
  [
    [2, 3],
    [0, 1, 2, 3, Number.NaN, Number.POSITIVE_INFINITY],
    "2 of 6 values are not finite, the first is NaN at [1, 1]",
  ],
  [[6], [0, 1, 2, 3, 4, Number.NEGATIVE_INFINITY], "1 of 6 values are not finite, the first is -Infinity at [5]"],
  [[], [Number.NaN], "1 of 1 values are not finite, the first is NaN at []"],
])("a value that is not finite is told with its place: %j", async (dims, values, message) => {
  await expect(read({ dims, data: Float32Array.from(values) })).rejects.toThrow(
    `${join(folder, "model.safetensors")}: tensor w: ${message}`,
  );
});

test("what half precision cannot hold is not finite when it is read", async () => {
  await expect(read({ dims: [2], data: Float32Array.of(1, 1e6), dtype: "F16" })).rejects.toThrow(
    "1 of 2 values are not finite, the first is Infinity at [1]",
  );
});

test("sizes that are not those that were asked for", async () => {
  await expect(read({ dims: [2], data: Float32Array.of(1, 2) }, [2, 1])).rejects.toThrow(
    "tensor w: expected [2, 1], received [2]",
  );
});
