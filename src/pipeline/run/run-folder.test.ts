import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { writeOldRun } from "../../../test/support/old-run.js";
import { parseConfig } from "../../config/check-config.js";
import { ConfigError, FormatError } from "../../errors.js";
import { readJson, writeJson } from "../../io/atomic.js";
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
    '{"format": 2, "config": {"seed": "x"}, "versions": {}, "inputs": {}, "stages": {}}',
    /config\.seed: expected a/,
  ],
])("a damaged folder gives one FormatError: %s", async (_, text, message) => {
  if (text !== undefined) await writeFile(join(path, "run.json"), text);
  await expect(RunFolder.open(path)).rejects.toThrow(FormatError);
  await expect(RunFolder.open(path)).rejects.toThrow(message);
  expect(existsSync(join(path, lockName))).toBe(false);
});

test("no stage runs in a folder of another format, and the refusal says what to do", async () => {
  await writeOldRun(path);
  const before = await readFile(join(path, "run.json"), "utf8");
  const refused = await RunFolder.open(path).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ConfigError);
  expect((refused as Error).message.split("\n").slice(1)).toEqual([
    `  ${path}: expected run files of format 2 (its report and results can still be read; to run stages, begin a new folder with --out), received format 1`,
  ]);
  await mkdir(join(path, "tuned"));
  await expect(RunFolder.open(path)).rejects.toThrow(
    `--base MODEL --tuned ${join(path, "tuned")} keeps the tuned model`,
  );
  expect([await readFile(join(path, "run.json"), "utf8"), existsSync(join(path, lockName))]).toEqual([before, false]);

  const later = await mkdtemp(join(tmpdir(), "rewardscope-"));
  await (await RunFolder.create(later, config)).release();
  const record = (await readJson(join(later, "run.json"))) as object;
  expect(record).toMatchObject({ format: 2 });
  await (await RunFolder.open(later)).release();
  await writeJson(join(later, "run.json"), { ...record, format: 3 });
  await expect(RunFolder.open(later)).rejects.toThrow(/a newer version of rewardscope wrote these.*received format 3/);
});

test("damaged results are noticed when the run is opened", async () => {
  await (await RunFolder.create(path, config)).release();
  await writeFile(join(path, "results.json"), "[]");
  await expect(RunFolder.open(path)).rejects.toThrow(/results\.json: expected an object/);
  expect(existsSync(join(path, lockName))).toBe(false);
});
