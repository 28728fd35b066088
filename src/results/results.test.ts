import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FormatError } from "../errors.js";
import { hashSection, readResults, readSections, tidyResults, writeResults } from "./results.js";

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

test("writing a section leaves the others as they stand; their order is that of the stages", async () => {
  const file = join(folder, "results.json");
  const later = '  "later": {\n    "b": null,\n    "a": 1\n  }';
  await writeFile(file, `{\n${later}\n}\n`);
  await writeResults(folder, { frequency: frequency(1) });
  await writeResults(folder, { divergence });
  const text = await readFile(file, "utf8");
  expect(Object.keys(JSON.parse(text))).toEqual(["divergence", "frequency", "later"]);
  expect(text.endsWith(`,\n${later}\n}\n`)).toBe(true);
});

test("a section has one hash, written or read", async () => {
  const section = frequency(Number.NaN);
  await writeResults(folder, { frequency: section });
  expect(hashSection((await readSections(folder)).frequency)).toBe(hashSection(section));
  expect(hashSection(section)).not.toBe(hashSection(frequency(-0.1)));
});

test("a file that holds more than sections, has another layout or cannot be read is tidied", async () => {
  const file = join(folder, "results.json");
  expect(await tidyResults(folder)).toBeUndefined();
  await writeResults(folder, { divergence });
  const text = await readFile(file, "utf8");
  expect(await tidyResults(folder)).toBeUndefined();
  await writeFile(file, `${text}\n`);
  expect(await tidyResults(folder)).toBe("results.json was laid out as stages write it");
  expect(await readFile(file, "utf8")).toBe(text);
  await writeFile(file, text.replace("{", '{ "divergencf": 3,'));
  expect(await tidyResults(folder)).toMatch(/^results\.json held divergencf, which no stage writes/);
  expect(await readFile(file, "utf8")).toBe(text);
  await writeFile(file, text.slice(0, 20));
  expect(await tidyResults(folder)).toMatch(/^results\.json could not be read and was emptied: .*expected JSON/);
  expect(await readFile(file, "utf8")).toBe("{}\n");
  await rm(file);
  await mkdir(file);
  expect(await tidyResults(folder)).toMatch(/^results\.json could not be read and was emptied: /);
  expect(await readFile(file, "utf8")).toBe("{}\n");
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
