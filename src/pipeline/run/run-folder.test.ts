import { existsSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { parseConfig } from "../../config/check-config.js";
import { ConfigError, FormatError } from "../../errors.js";
import { RunFolder } from "./run-folder.js";
import { lockName } from "./run-lock.js";

const config = parseConfig({}, "test");
let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "rewardscope-"));
});

test("a run begins in a new or empty folder only", async () => {
  const run = await RunFolder.create(path, config);
  await run.release();
  await expect(RunFolder.create(path, config)).rejects.toThrow(ConfigError);
  await expect(RunFolder.create(path, config)).rejects.toThrow(/--resume to continue the run that is there/);
  const other = await mkdtemp(join(tmpdir(), "rewardscope-"));
  await writeFile(join(other, "thesis.tex"), "");
  await expect(RunFolder.create(other, config)).rejects.toThrow(/which holds other files/);
  await expect(RunFolder.create(join(other, "thesis.tex"), config)).rejects.toThrow(/which is a file/);
});

test("a folder whose run was killed before it began is free", async () => {
  await writeFile(join(path, lockName), `4194305 ${hostname()}\n`);
  await (await RunFolder.create(path, config)).release();
});

test.each([
  ["no run", undefined, /run\.json: no such file/],
  ["no JSON", '{"config": {', /run\.json: expected JSON/],
  ["another file", '{"name": "x"}', /is not the record of a run: config/],
  [
    "a wrong setting",
    '{"config": {"seed": "x"}, "versions": {}, "inputs": {}, "stages": {}}',
    /config\.seed: expected a/,
  ],
])("a damaged folder gives one FormatError: %s", async (_, text, message) => {
  if (text !== undefined) await writeFile(join(path, "run.json"), text);
  await expect(RunFolder.open(path)).rejects.toThrow(FormatError);
  await expect(RunFolder.open(path)).rejects.toThrow(message);
  expect(existsSync(join(path, lockName))).toBe(false);
});

test("damaged results are noticed when the run is opened", async () => {
  await (await RunFolder.create(path, config)).release();
  await writeFile(join(path, "results.json"), "[]");
  await expect(RunFolder.open(path)).rejects.toThrow(/results\.json: expected an object/);
  expect(existsSync(join(path, lockName))).toBe(false);
});
