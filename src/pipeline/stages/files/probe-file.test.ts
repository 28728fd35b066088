import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { FormatError } from "../../../errors.js";
import { readProbe, writeProbes } from "./probe-file.js";

const folder = mkdtempSync(join(tmpdir(), "rewardscope-probe-"));
afterAll(() => rmSync(folder, { recursive: true }));

const probe = (...values: number[]) => ({
  coefficients: [{ layer: 2, values: Float32Array.from(values) }],
  intercept: 0.5,
  labelScale: 2,
  labelOffset: -1,
});

test("what is written is read again, unless a value is not finite", async () => {
  const path = join(folder, "probe.safetensors");
  await writeProbes(path, { base: probe(1, 2), tuned: probe(1, Number.NaN) });
  expect(await readProbe(path, "base", [2])).toEqual(probe(1, 2));
  await expect(readProbe(path, "tuned", [2])).rejects.toThrow(FormatError);
  await expect(readProbe(path, "tuned", [2])).rejects.toThrow(
    `${path}: tensor tuned.layers.2: 1 of 2 values are not finite, the first is NaN at [1]`,
  );
});
