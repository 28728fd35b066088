import { expect, test } from "vitest";
import type { RunData } from "../results/read-run.js";
import { secondsOfWork, versionAndWork } from "./byline.js";

const run = (seconds: readonly (number | undefined)[], versions: Record<string, string> = { rewardscope: "0.1.0" }) => {
  const stages = seconds.map((taken, i) => [`stage ${i}`, { status: "done", seconds: taken }]);
  return { record: { versions, stages: Object.fromEntries(stages) } } as Pick<RunData, "record">;
};

test("the work is that of all stages of all runs, unfinished ones left out", () => {
  expect(secondsOfWork([run([10, undefined, 20]), run([60.5])])).toBe(90.5);
  expect(versionAndWork([run([90]), run([30], { rewardscope: "0.2.0" })])).toEqual([
    "rewardscope 0.1.0",
    "2 min 00 s of work",
  ]);
});

test("what is not known is left out", () => {
  expect(versionAndWork([run([undefined], {})])).toEqual([]);
});
