import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { FormatError, RunError } from "../../../errors.js";
import { writeCheckpoint } from "../../../io/checkpoint.js";
import { appendJsonl } from "../../../io/jsonl.js";
import { openSafetensors, writeSafetensors } from "../../../io/safetensors.js";
import type { Trainer, TrainerState } from "../../../rlhf/index.js";
import { resumeFromCheckpoint, saveCheckpoint } from "./checkpoint.js";

let place: { folder: string; scratch: string };
let file: string;

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), "checkpoint-"));
  place = { folder, scratch: join(folder, ".scratch") };
  file = join(place.scratch, "checkpoint.safetensors");
});

/** Its state is one number, saved both as a tensor and as a value. */
class Counter {
  batchCount = 0;

  async state(): Promise<TrainerState> {
    const data = Float32Array.of(this.batchCount, 0.1);
    return { values: { batches: this.batchCount, third: 1 / 3 }, tensors: { weights: { dims: [2], data } } };
  }

  async restore({ values, tensors }: TrainerState): Promise<void> {
    const { batches, third } = (values ?? {}) as { batches?: number; third?: number };
    if (third !== 1 / 3 || batches === undefined) throw new FormatError("state", "no values");
    expect([...tensors.weights.data]).toEqual([batches, Math.fround(0.1)]);
    this.batchCount = batches;
  }
}

const trainer = (counter: Counter) => counter as unknown as Trainer;

/** A saved trainer after this number of batches, with its log. */
async function saved(batches: number): Promise<void> {
  const counter = new Counter();
  for (let batch = 1; batch <= batches; batch++)
    for (const name of ["metrics.jsonl", "samples.jsonl"])
      await appendJsonl(join(place.folder, "tuning", name), { batch, value: 0.1 * batch });
  counter.batchCount = batches;
  await saveCheckpoint(trainer(counter), place);
}

async function resumed(): Promise<{ batches: number; lines: string[] }> {
  const counter = new Counter();
  const lines: string[] = [];
  await resumeFromCheckpoint(trainer(counter), place, (line) => void lines.push(line));
  return { batches: counter.batchCount, lines };
}

const log = (name = "metrics.jsonl") => readFile(join(place.folder, "tuning", name), "utf8");

test("a checkpoint is one file, and gives back every value and every number", async () => {
  await saved(3);
  expect(await readdir(place.scratch)).toEqual(["checkpoint.safetensors"]);
  const { metadata, close } = await openSafetensors(file);
  expect(JSON.parse(metadata.values).trainer).toEqual({ batches: 3, third: 1 / 3 });
  await close();
  expect(await resumed()).toEqual({ batches: 3, lines: [] });
});

test("logs are cut to the batches that the checkpoint has seen, a torn line included", async () => {
  await saved(3);
  const before = await log();
  await appendJsonl(join(place.folder, "tuning", "metrics.jsonl"), { batch: 4, value: 0 });
  await appendFile(join(place.folder, "tuning", "metrics.jsonl"), '{"batch":5,"va');
  expect((await resumed()).batches).toBe(3);
  expect(await log()).toBe(before);
  expect(await readdir(join(place.folder, "tuning"))).toEqual(["metrics.jsonl", "samples.jsonl"]);
});

test("without a checkpoint there is nothing to go on with, and no log", async () => {
  expect(await resumed()).toEqual({ batches: 0, lines: [] });
  await saved(2);
  await rm(file);
  expect(await resumed()).toEqual({ batches: 0, lines: [] });
  expect(await readdir(join(place.folder, "tuning"))).toEqual([]);
});

const damages: [string, () => Promise<void>, RegExp][] = [
  ["torn", () => truncate(file, 40), /checkpoint\.safetensors: /],
  ["empty", () => truncate(file, 0), /expected at least 8 bytes, received 0/],
  ["without values", () => writeSafetensors(file, {}), /its metadata has no values/],
  ["with values that are not JSON", () => writeSafetensors(file, {}, { values: "{" }), /are not JSON/],
  ["without a hash", () => writeSafetensors(file, {}, { values: "{}" }), /its content has the SHA-256/],
  ["of other work", () => writeCheckpoint(file, {}, {}), /it is not a checkpoint of tuning/],
  ["of another trainer", () => writeCheckpoint(file, {}, { trainer: {}, logs: {} }), /state: no values/],
];

test.each(damages)("a checkpoint that is %s counts as none, and one line says why", async (_name, damage, why) => {
  await saved(2);
  await damage();
  const { batches, lines } = await resumed();
  expect(batches).toBe(0);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(why);
  await expect(log()).rejects.toThrow("ENOENT");
});

test.each([
  ["changed", () => writeFile(join(place.folder, "tuning", "metrics.jsonl"), '{"batch":1}\n'.repeat(9))],
  ["too short", () => truncate(join(place.folder, "tuning", "metrics.jsonl"), 20)],
  ["gone", () => rm(join(place.folder, "tuning", "metrics.jsonl"))],
])("a log that is %s is an error that says what to do, and the checkpoint stays", async (_, damage) => {
  await saved(3);
  const whole = await log();
  await damage();
  const error = await resumed().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(FormatError);
  expect((error as FormatError).message).toMatch(
    /metrics\.jsonl: its first \d+ bytes were changed after the checkpoint of tuning\n {2}help: Put back a copy .*--force tune/,
  );
  await writeFile(join(place.folder, "tuning", "metrics.jsonl"), whole);
  expect((await resumed()).batches).toBe(3);
});

test("what fails after the state was found good is an error", async () => {
  await saved(2);
  const broken = { ...trainer(new Counter()), restore: () => Promise.reject(new RunError("the engine is gone")) };
  await expect(resumeFromCheckpoint(broken, place, () => {})).rejects.toThrow("the engine is gone");
});
