import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readRecord, withMeasured, writeRecord } from "./record.js";
import type { Summary } from "./summary.js";

const row = (recipe: string, visits: number, seeds: number, features = 256): Summary => ({
  ...{ recipe, visits, features, seeds },
  l0: { mean: 15.5, deviation: 0.25 },
  explainedVariance: { mean: 0.123456789, deviation: Number.NaN },
  lossRecovered: { mean: 0.8, deviation: 0.01 },
  detection: { mean: Number.NaN, deviation: Number.NaN },
  ...{ control: Number.NaN, scored: 120, dead: 0, pursued: 0.9, smallInLarge: 0.5, betweenSeeds: 0.4, random: 0.2 },
  cpuSeconds: 31,
});

test("a record is read as it was written, to six digits, and what was not measured stays so", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rewardscope-"));
  const path = join(folder, "record.csv");
  await writeRecord(path, [row("relu", 1e6, 3)]);
  expect((await readFile(path, "utf8")).split("\n")[1]).toBe(
    "relu,1000000,256,3,15.5,0.25,0.123457,,0.8,0.01,,,,120,0,0.9,0.5,0.4,0.2,31",
  );
  const [read] = await readRecord(path);
  expect(read).toEqual({ ...row("relu", 1e6, 3), explainedVariance: { mean: 0.123457, deviation: Number.NaN } });
  expect(await readRecord(join(folder, "none.csv"))).toEqual([]);
  await rm(folder, { recursive: true });
});

test("what is measured anew takes its row's place unless it has fewer seeds", () => {
  const record = [row("relu", 1e6, 3), row("relu", 3e6, 1), row("gone", 1e6, 3)];
  const measured = [row("topk", 1e6, 1), row("relu", 3e6, 3), row("relu", 1e6, 2)];
  expect(withMeasured(record, measured, ["topk", "relu"])).toEqual([measured[0], record[0], measured[1]]);
});
