import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { valuesOf, writeInterrupted } from "../../test/golden/tracking/interrupted.js";
import { sha256Bytes } from "../io/hash.js";
import { fileVersion, recordsUpTo, scalarsEvent, sessionStart } from "./event-file.js";
import { openTensorboard } from "./tensorboard.js";
import type { TrackedRun } from "./tracker.js";

const golden = resolve(import.meta.dirname, "../../test/golden/tracking/readings.json");

async function trackedRun(lines: string[] = []): Promise<TrackedRun> {
  const folder = await mkdtemp(join(tmpdir(), "rewardscope-tracking-"));
  const log = (line: string) => void lines.push(line);
  return { folder, name: "run", project: "rewardscope", settings: {}, clock: () => new Date(1e12), log };
}

test("after a kill and a resumption TensorBoard reads every step once, with its last values", async () => {
  const readings = JSON.parse(await readFile(golden, "utf8"));
  const { folder } = await trackedRun();
  await writeInterrupted(folder);
  const place = join(folder, "tensorboard", "tune");
  const files = (await readdir(place)).sort();
  const hashes = files.map(async (name) => [name, sha256Bytes(await readFile(join(place, name)))]);
  expect(Object.fromEntries(await Promise.all(hashes))).toEqual(readings.files);
  const expected = [1, 2, 3, 4].map((batch) => [batch, valuesOf(batch, batch > 2 ? -1 : 1)["objective/kl"]]);
  expect(readings.scalars["objective/kl"]).toEqual(expected);
  expect(readings.texts["samples/0"]).toEqual([
    [2, "the second, 1"],
    [3, "the third, -1"],
  ]);
});

test("a series that begins anew leaves nothing of the earlier one", async () => {
  const run = await trackedRun();
  for (const value of [1, 2, 3])
    openTensorboard(run).series({ name: "tune", after: 0, continues: false }).log(1, { "objective/kl": value });
  const place = join(run.folder, "tensorboard", "tune");
  const files = (await readdir(place)).sort();
  const contents = await Promise.all(files.map((name) => readFile(join(place, name))));
  const own = scalarsEvent({ time: 1e9, step: 1 }, { "objective/kl": 3 });
  expect(contents).toEqual([Buffer.of(), Buffer.concat([fileVersion(1e9), sessionStart(1e9), own])]);
});

test("events are kept up to a step, and up to a damaged one", () => {
  const events = [1, 127, 128, 70_000].map((step) => scalarsEvent({ time: 1, step }, { loss: step }));
  const file = Buffer.concat([fileVersion(1), sessionStart(1), ...events]);
  for (const [last, count] of [
    [0, 0],
    [127, 2],
    [69_999, 3],
    [70_000, 4],
  ])
    expect(recordsUpTo(file, last)).toEqual(events.slice(0, count));
  expect(recordsUpTo(file.subarray(0, -1), 70_000)).toEqual(events.slice(0, 3));
  file[file.length - events[3].length - 5] ^= 1;
  expect(recordsUpTo(file, 70_000)).toEqual(events.slice(0, 2));
});

test("where the folder cannot be made, tracking ends with one line", async () => {
  const lines: string[] = [];
  const run = await trackedRun(lines);
  await mkdir(run.folder, { recursive: true });
  await writeFile(join(run.folder, "tensorboard"), "a file");
  const tracker = openTensorboard(run);
  for (const name of ["tune", "dictionaries-base"]) {
    const series = tracker.series({ name, after: 0, continues: false });
    series.log(1, { "objective/kl": 1 });
    series.text(1, { "samples/0": "text" });
  }
  await tracker.close("done");
  expect(lines).toEqual([
    expect.stringMatching(/^tracking by tensorboard stopped: .*; the run and its own logs go on$/),
  ]);
});
