import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FormatError } from "../errors.js";
import { readCheckedJson, writeCheckedJson } from "./checked-json.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "checked-json-"));
});
afterAll(() => rm(folder, { recursive: true }));

const content = { rate: 1e-7, zero: -0, none: Number.NaN, text: "ü", left: undefined, list: [{ b: 1, 2: 3, a: 0.1 }] };
const asRead = { rate: 1e-7, zero: 0, none: null, text: "ü", list: [{ b: 1, 2: 3, a: 0.1 }] };

test("what was written comes back as JSON has it, without the check", async () => {
  const path = join(folder, "value.json");
  await writeCheckedJson(path, content);
  expect(await readCheckedJson(path)).toEqual(asRead);
  expect(JSON.parse(await readFile(path, "utf8")).check).toMatch(/^[0-9a-f]{64}$/);
});

test("whichever bit is flipped, it is noticed, or changes no value", async () => {
  const path = join(folder, "flipped.json");
  await writeCheckedJson(path, content);
  const whole = await readFile(path);
  let unnoticed = 0;
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const bytes = Buffer.from(whole);
    bytes[bit >> 3] ^= 1 << (bit & 7);
    await writeFile(path, bytes);
    const found = await readCheckedJson(path).catch((error: unknown) => error);
    if (found instanceof FormatError) continue;
    expect(found).toEqual(asRead);
    unnoticed++;
  }
  // 1e-7 and 1E-7 are the same number.
  expect(unnoticed).toBe(1);
});

test("a file without a check, or of another kind, is refused", async () => {
  const path = join(folder, "other.json");
  await writeFile(path, '{"rate": 1}');
  await expect(readCheckedJson(path)).rejects.toThrow(/other\.json: was changed .* it has no check/);
  await writeFile(path, "[1]");
  await expect(readCheckedJson(path)).rejects.toThrow(/other\.json: expected a JSON object/);
});
