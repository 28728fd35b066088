import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FormatError } from "../errors.js";
import { readResults, writeResults } from "./results.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "results-"));
});
afterEach(() => rm(folder, { recursive: true }));

const divergence = { layers: [], others: [{ name: "embed", l2: 0.5 }], chosen: [1, 2] };
const frequency = (value: number) => {
  const share = { value, low: 0, high: 1, n: 3, unit: "text" as const };
  const counts = { positions: 9, threshold: 3, criterion: "top decile" as const, shareAbove: 0, highPositions: 1 };
  const shares = { related: share, average: share, matchedFrequency: share };
  return { models: [{ model: "tuned" as const, ...counts, ...shares }] };
};

test("sections come back as they were written; JSON's null is NaN again", async () => {
  expect(await readResults(folder)).toEqual({});
  await writeResults(folder, { divergence });
  await writeResults(folder, { frequency: frequency(Number.NaN) });
  const read = await readResults(folder);
  expect(read.divergence).toEqual(divergence);
  expect(read.frequency!.models[0].average.value).toBeNaN();
  await writeResults(folder, { divergence: undefined });
  expect(Object.keys(await readResults(folder))).toEqual(["frequency"]);
});

test("writing a section leaves the others as they stand, to the byte", async () => {
  const others = '{\n  "later": {\n    "b": null,\n    "a": 1\n  }';
  await writeFile(join(folder, "results.json"), `${others}\n}\n`);
  await writeResults(folder, { divergence });
  const text = await readFile(join(folder, "results.json"), "utf8");
  expect(text.startsWith(`${others},\n  "divergence"`)).toBe(true);
});

test("a malformed section is named when it is read, and can be written again", async () => {
  const file = join(folder, "results.json");
  await writeFile(file, '{"divergence": {"layers": [], "others": [{"name": 3}], "chosen": []}}');
  await expect(readResults(folder)).rejects.toThrow(FormatError);
  await expect(readResults(folder)).rejects.toThrow(/results\.json: divergence\.others\.0\.name: .*--force STAGE/s);
  await writeResults(folder, { divergence });
  expect(await readResults(folder)).toEqual({ divergence });
  await writeFile(file, "[]");
  await expect(writeResults(folder, { divergence })).rejects.toThrow(/expected an object of one section per stage/);
});
