import { expect, test } from "vitest";
import { methodStages } from "./stages.js";

test("the report is written again after any other stage", () => {
  const stages = methodStages(async () => "");
  const report = stages.at(-1)!;
  expect(report.name).toBe("report");
  expect(report.needs).toEqual(stages.slice(0, -1).map(({ name }) => name));
  expect(report.needs).toContain("score");
});
