import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readProgress, recordedProgress } from "./progress-file.js";

let folder: string;
let time: number;
const clock = () => new Date(time);
const seen: unknown[][] = [];
const inner = {
  start: (...given: unknown[]) => seen.push(["start", ...given]),
  update: (...given: unknown[]) => seen.push(["update", ...given]),
  end: () => seen.push(["end"]),
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-progress-"));
  time = Date.UTC(2026, 0, 1);
  seen.splice(0);
});
afterEach(() => rm(folder, { recursive: true }));

it("is passed on, and written at most every two seconds", async () => {
  expect(await readProgress(folder)).toBeUndefined();
  const progress = recordedProgress(inner, folder, clock);
  progress.start(10, "texts", 3);
  expect(await readProgress(folder)).toMatchObject({ total: 10, unit: "texts", from: 3, done: 3, points: [] });
  time += 1999;
  progress.update(4);
  expect(await readProgress(folder)).toMatchObject({ done: 3 });
  time += 1;
  progress.update(5, "reward 0.5");
  expect(await readProgress(folder)).toMatchObject({
    ...{ done: 5, note: "reward 0.5" },
    ...{ began: "2026-01-01T00:00:00.000Z", at: "2026-01-01T00:00:02.000Z" },
  });
  progress.end();
  expect(seen).toEqual([["start", 10, "texts", 3], ["update", 4, undefined], ["update", 5, "reward 0.5"], ["end"]]);
});

it("keeps the means of what was measured in at most 100 points", async () => {
  const progress = recordedProgress(inner, folder, clock);
  progress.start(1000, "tokens");
  for (let done = 1; done <= 1000; done++) {
    time += 10;
    progress.update(done, undefined, { loss: done, late: done > 500 ? 1 : 0 });
  }
  time += 2000;
  progress.update(1000);
  const { points } = (await readProgress(folder))!;
  expect(points.length).toBeLessThanOrEqual(100);
  // Intervals of 16 reports: 1 to 16, 17 to 32, ...
  expect(points[0]).toEqual({ done: 16, measures: { loss: 8.5, late: 0 } });
  expect(points[1]).toEqual({ done: 32, measures: { loss: 24.5, late: 0 } });
  expect(points.at(-1)!.done).toBe(1000);
});

it("leaves out what is not finite, and goes on where the file cannot be written", async () => {
  const progress = recordedProgress(inner, folder, clock);
  progress.start(2, "tokens");
  time += 2000;
  progress.update(1, undefined, { loss: Number.NaN, reward: 1 });
  expect((await readProgress(folder))?.points).toEqual([{ done: 1, measures: { reward: 1 } }]);
  const lost = recordedProgress(inner, join(folder, "gone"), clock);
  seen.splice(0);
  lost.start(2, "tokens");
  lost.update(1);
  expect(seen.map(([what]) => what)).toEqual(["start", "update"]);
});
