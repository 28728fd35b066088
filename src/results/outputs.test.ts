import { mkdir, mkdtemp, rm, stat, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FormatError } from "../errors.js";
import { sha256Text } from "../io/hash.js";
import { damageInWords, OutputChecks, requireWhole } from "./outputs.js";
import { hashSection, writeResults } from "./results.js";
import { RUN_FORMAT, type RunRecordData, readRecord, writeRecord } from "./run-record.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "outputs-"));
  await mkdir(join(folder, "tuned", "deep"), { recursive: true });
  await writeFile(join(folder, "tuned", "weights"), "12345");
  await writeFile(join(folder, "tuned", "deep", "config"), "{}");
  await writeFile(join(folder, "tuned", ".hidden"), "x");
  await writeFile(join(folder, "words.csv"), "word\n");
});
afterEach(() => rm(folder, { recursive: true }));

const divergence = { layers: [], others: [], chosen: [1] };
const kept = (text: string) => ({ bytes: text.length, sha256: sha256Text(text) });

/** Writes run.json and results.json, and returns the stages' records. */
async function recorded(): Promise<RunRecordData["stages"]> {
  const checks = new OutputChecks(folder);
  const done = { status: "done" as const, settings: "x", inputs: {} };
  await writeResults(folder, { divergence });
  const stages = {
    tune: { ...done, outputs: await checks.describe(["tuned"], ["tuned/deep"]), sections: {} },
    probe: { ...done, outputs: await checks.describe(["words.csv"], []), sections: {} },
    divergence: { ...done, outputs: {}, sections: { divergence: hashSection(divergence) } },
  };
  await writeRecord(folder, { format: RUN_FORMAT, config: {}, versions: {}, inputs: {}, hub: {}, stages });
  return stages;
}

test("files of folders are listed with size and hash, but for hidden ones and those of other stages", async () => {
  const checks = new OutputChecks(folder);
  expect(await checks.describe(["tuned", "words.csv"], [])).toEqual({
    "tuned/deep/config": kept("{}"),
    "tuned/weights": kept("12345"),
    "words.csv": kept("word\n"),
  });
  expect(Object.keys(await checks.describe(["tuned"], ["tuned/deep"]))).toEqual(["tuned/weights"]);
  await expect(checks.describe(["absent"], [])).rejects.toThrow(FormatError);
});

test("what differs is told, with the stage and with what was expected", async () => {
  const stages = await recorded();
  const found = () => new OutputChecks(folder).damage(stages);
  expect(await found()).toEqual([]);
  const weights = join(folder, "tuned", "weights");
  await truncate(weights, 1);
  await rm(join(folder, "words.csv"));
  await writeResults(folder, { divergence: { ...divergence, chosen: [2] } });
  expect(await found()).toEqual([
    { stage: "tune", file: "tuned/weights", problem: "has 1 byte, expected 5 bytes" },
    { stage: "probe", file: "words.csv", problem: "is missing, expected 5 bytes" },
    {
      ...{ stage: "divergence", file: "results.json", section: "divergence" },
      problem: expect.stringMatching(/^was changed: its SHA-256 is [0-9a-f]{16}\.\.\., expected [0-9a-f]{16}\.\.\.$/),
    },
  ]);
  await rm(weights);
  await mkdir(weights);
  await rm(join(folder, "results.json"));
  expect((await found()).map(({ problem }) => problem)).toEqual([
    "is not a file, expected one of 5 bytes",
    "is missing, expected 5 bytes",
    "is missing",
  ]);
  const some = await new OutputChecks(folder).damage(stages, {
    stages: ["probe"],
    files: (name) => name !== "words.csv",
  });
  expect(some).toEqual([]);
});

test("a link to the same content is the same", async () => {
  const stages = await recorded();
  await writeFile(join(folder, "elsewhere"), "12345");
  await rm(join(folder, "tuned", "weights"));
  await symlink(join(folder, "elsewhere"), join(folder, "tuned", "weights"));
  expect(await new OutputChecks(folder).damage(stages)).toEqual([]);
});

test("sizes alone see another size, and what was seen before; a file is read again when any of its times changed", async () => {
  const stages = await recorded();
  const checks = new OutputChecks(folder);
  expect(await checks.damage(stages)).toEqual([]);
  const weights = join(folder, "tuned", "weights");
  const { atime, mtime } = await stat(weights);
  await writeFile(weights, "12354");
  await utimes(weights, atime, mtime);
  expect(await checks.damage(stages, { sizesOnly: true })).toEqual([]);
  expect(await checks.damage(stages)).toHaveLength(1);
  expect(await checks.damage(stages, { sizesOnly: true })).toHaveLength(1);
});

test("stages that are not done are passed over, and those of earlier days that have no hashes", async () => {
  const { tune, ...stages } = await recorded();
  await rm(join(folder, "tuned"), { recursive: true });
  const checks = new OutputChecks(folder);
  expect(await checks.damage({ ...stages, tune: { ...tune, status: "running" } })).toEqual([]);
  expect(await checks.damage({ ...stages, tune: { status: "done", settings: "x", inputs: {} } })).toEqual([]);
});

test("a run folder that is not whole is refused with all files, up to five, and what to do", async () => {
  await recorded();
  await requireWhole(folder);
  await rm(join(folder, "words.csv"));
  await truncate(join(folder, "tuned", "weights"), 0);
  await requireWhole(folder, { files: (name) => name === "results.json" });
  const error = await requireWhole(folder).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(FormatError);
  expect((error as FormatError).message.split("\n")).toEqual([
    `${join(folder, "tuned", "weights")}: not as it was written: tuned/weights has 0 bytes, expected 5 bytes; words.csv is missing, expected 5 bytes`,
    `  help: rewardscope run --resume --out ${folder} runs again: tune, probe, and what follows`,
  ]);
  const many = Array.from({ length: 7 }, (_, i) => ({ stage: "a", file: `f${i}`, problem: "is missing" }));
  expect(damageInWords(many)).toMatch(/^f0 is missing; .*f4 is missing; and 2 more$/);
});

test("run.json names no file outside the folder", async () => {
  const stages = await recorded();
  const record = await readRecord(folder);
  for (const name of ["../secret", "/etc/passwd", "tuned/../../secret"]) {
    const outputs = { [name]: kept("") };
    await writeRecord(folder, { ...record, stages: { tune: { ...stages.tune, outputs } } });
    await expect(readRecord(folder)).rejects.toThrow(/stages\.tune\.outputs\..*: Invalid key/);
  }
});
