import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { writeOldRun } from "../../../test/support/old-run.js";
import { parseConfig } from "../../config/check-config.js";
import { ConfigError, FormatError } from "../../errors.js";
import { readJson, writeJson } from "../../io/atomic.js";
import { withCheck } from "../../io/checked-json.js";
import { readRecord, writeRecord } from "../../results/run-record.js";
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
  for (const name of [`.run.json.${randomUUID()}.tmp`, `.${lockName}.${randomUUID()}.tmp`])
    await writeFile(join(path, name), "{");
  const claim = join(path, `.${lockName}-${randomUUID()}`);
  await writeFile(claim, "");
  await utimes(claim, 0, 0);
  await (await RunFolder.create(path, config)).release();
  expect(await readdir(path)).toEqual(["run.json"]);
});

test.each([
  ["no run", undefined, /run\.json: no such file/],
  ["no JSON", '{"config": {', /run\.json: expected JSON/],
  ["another file", '{"name": "x"}', /is not the record of a run: config/],
  [
    "a wrong setting",
    JSON.stringify(withCheck({ format: 2, config: { seed: "x" }, versions: {}, inputs: {}, stages: {} })),
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
  const record = await readRecord(later);
  expect(record).toMatchObject({ format: 2 });
  await (await RunFolder.open(later)).release();
  await writeRecord(later, { ...record, format: 3 });
  await expect(RunFolder.open(later)).rejects.toThrow(/a newer version of rewardscope wrote these.*received format 3/);
});

test("whichever bit of run.json is flipped, it is not opened, or its values are as they were", async () => {
  const run = await RunFolder.create(path, config);
  run.record.stages.tune = { status: "done", settings: "ab", inputs: { corpus: "12" }, seconds: 1e-7, outputs: {} };
  await run.save();
  await run.release();
  const file = join(path, "run.json");
  const [whole, record] = [await readFile(file), await readRecord(path)];
  let harmless = 0;
  for (let bit = 0; bit < whole.length * 8; bit += 29) {
    const bytes = Buffer.from(whole);
    bytes[bit >> 3] ^= 1 << (bit & 7);
    await writeFile(file, bytes);
    const found = await readRecord(path).catch((error: unknown) => error);
    if (found instanceof FormatError) expect(found.message.startsWith(`${file}: `)).toBe(true);
    else expect([found, ++harmless]).toEqual([record, expect.any(Number)]);
  }
  expect(harmless).toBeLessThan(2);
});

test("a run.json without a check is told from one of format 1", async () => {
  await (await RunFolder.create(path, config)).release();
  const { check: _, ...record } = (await readJson(join(path, "run.json"))) as Record<string, unknown>;
  await writeJson(join(path, "run.json"), record);
  await expect(RunFolder.open(path)).rejects.toThrow(/run\.json: was changed after it was written: .* it has no check/);
});

test("whoever takes up a run removes what a killed process left half written", async () => {
  await (await RunFolder.create(path, config)).release();
  const left = `.x.${randomUUID()}.tmp`;
  await mkdir(join(path, ".scratch-tune", "deep"), { recursive: true });
  for (const at of [left, join(".scratch-tune", "deep", left)]) await writeFile(join(path, at), "");
  await (await RunFolder.open(path)).release();
  expect((await readdir(path, { recursive: true })).sort()).toEqual([
    ".scratch-tune",
    join(".scratch-tune", "deep"),
    "run.json",
  ]);
});
