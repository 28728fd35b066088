import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FormatError } from "../errors.js";
import { findCheckpoint, openCheckpoint, writeCheckpoint } from "./checkpoint.js";
import { openSafetensors, writeSafetensors } from "./safetensors.js";

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "checkpoint-"));
  path = join(folder, "checkpoint.safetensors");
  await writeCheckpoint(
    path,
    { b: { dims: [2, 1], data: Float32Array.of(0.1, -0) }, a: { dims: [], data: Float32Array.of(3) } },
    { step: 7, rate: 1e-7 },
  );
});
afterAll(() => rm(folder, { recursive: true }));

test("values and tensors come back as they were", async () => {
  const checkpoint = await openCheckpoint(path);
  expect(checkpoint.values).toEqual({ step: 7, rate: 1e-7 });
  expect([...checkpoint.names].sort()).toEqual(["a", "b"]);
  expect(await checkpoint.read("b")).toEqual({ dims: [2, 1], data: Float32Array.of(0.1, -0) });
  expect(await checkpoint.read("a")).toEqual({ dims: [], data: Float32Array.of(3) });
  await checkpoint.close();
});

test("whichever bit is flipped, it is noticed, or nothing that was written is changed", async () => {
  const whole = await readFile(path);
  const flipped = join(folder, "flipped.safetensors");
  let harmless = 0;
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const bytes = Buffer.from(whole);
    bytes[bit >> 3] ^= 1 << (bit & 7);
    await writeFile(flipped, bytes);
    const lines: string[] = [];
    const found = await findCheckpoint(flipped, "work begins anew", (line) => void lines.push(line));
    if (found) {
      harmless++;
      expect(found.values).toEqual({ step: 7, rate: 1e-7 });
      expect(await found.read("b")).toEqual({ dims: [2, 1], data: Float32Array.of(0.1, -0) });
      expect(await found.read("a")).toEqual({ dims: [], data: Float32Array.of(3) });
      await found.close();
    } else
      expect(lines).toEqual([expect.stringMatching(/^the checkpoint cannot be used and work begins anew: .*flipped/)]);
  }
  // Bits of "format" and "pt", which are not read.
  expect(harmless).toBeLessThan(100);
});

test("none is none, and what is no checkpoint is told", async () => {
  expect(await findCheckpoint(join(folder, "absent"), "", expect.unreachable)).toBeUndefined();
  const other = join(folder, "other.safetensors");
  await writeSafetensors(other, {}, { values: "{}" });
  await expect(openCheckpoint(other)).rejects.toThrow(FormatError);
  await expect(openCheckpoint(other)).rejects.toThrow(/expected one in its metadata/);
  await writeSafetensors(other, {});
  await expect(openCheckpoint(other)).rejects.toThrow(/has no values: it is not a checkpoint/);
  const file = await openSafetensors(path);
  expect(Object.keys(file.metadata).sort()).toEqual(["format", "sha256", "values"]);
  await file.close();
});
