import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { emptyRun, exampleRun, writeRun } from "../../test/support/example-run.js";
import { FormatError } from "../errors.js";
import { OutputChecks } from "./outputs.js";
import { readRun } from "./read-run.js";
import { writeRecord } from "./run-record.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "report-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("what the stages write comes back as it was", async () => {
  const run = exampleRun();
  await writeRun(folder, run);
  const read = await readRun(folder);
  expect(read).toEqual(JSON.parse(JSON.stringify(run)));
});

test("stages that have not run leave nothing", async () => {
  await writeRun(folder, emptyRun());
  await rm(join(folder, "results.json"));
  expect(await readRun(folder)).toEqual(JSON.parse(JSON.stringify(emptyRun())));
});

test("a folder without run.json is no run", async () => {
  await expect(readRun(folder)).rejects.toThrow(/run\.json: no such file[\s\S]*is not a run folder/);
});

test("null, which JSON has for NaN, is read as NaN", async () => {
  const run = exampleRun();
  run.results.tune!.kl = { ...run.results.tune!.kl, low: Number.NaN };
  await writeRun(folder, run);
  expect((await readRun(folder)).results.tune!.kl.low).toBeNaN();
});

test("the last line of a killed run's log may be torn", async () => {
  await writeRun(folder, exampleRun());
  await appendFile(join(folder, "tuning", "metrics.jsonl"), '{"batch": 101, "objec');
  expect((await readRun(folder)).metrics).toHaveLength(100);
});

test("a table that its stage did not write so is refused", async () => {
  const run = exampleRun();
  await writeRun(folder, run);
  const outputs = await new OutputChecks(folder).describe(["lexicon.csv", "tuning"], []);
  const probe = { ...run.record.stages.probe, status: "done" as const, outputs };
  await writeRecord(folder, { ...run.record, stages: { ...run.record.stages, probe } });
  await readRun(folder);
  await appendFile(join(folder, "lexicon.csv"), "\n");
  await expect(readRun(folder)).rejects.toThrow(/lexicon\.csv: not as it was written: .*\n.* runs again: probe/);
});

test.each([
  ["results.json", '{"tune": {"batches": "many"}}', /results\.json: tune\.batches: .*expected number, received string/],
  ["results.json", "[]", /results\.json: expected an object of one section per stage/],
  ["features.jsonl", '{"model": "tuned", "layer": 0}\n', /features\.jsonl: row 1, feature:/],
  [
    "lexicon.csv",
    "word,trueValue,tuned,tunedRidge,tunedOccurrences,base,baseRidge,baseOccurrences\ngood,1.9,x,,1,,,0\n",
    /lexicon\.csv: row 1, tuned:/,
  ],
  [
    "implicit-reward.csv",
    "word,trueValue,value,visits,visited\ngood,1.9,,3,true\n",
    /implicit-reward\.csv: row 1, value:/,
  ],
  ["tuning/samples.jsonl", '{"batch": 1}\n', /samples\.jsonl: row 1, query:/],
  ["run.json", '{"config": {}}', /run\.json: is not the record of a run: versions:/],
])("a malformed %s is a FormatError that names the field", async (name, text, message) => {
  await writeRun(folder, emptyRun());
  await mkdir(join(folder, "tuning"), { recursive: true });
  await writeFile(join(folder, name), text);
  const error = await readRun(folder).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(FormatError);
  expect((error as FormatError).message).toMatch(message);
});
