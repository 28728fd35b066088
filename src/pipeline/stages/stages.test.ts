import { expect, test } from "vitest";
import { parseConfig } from "../../config/check-config.js";
import { methodStages } from "./stages.js";

test("the report is written again after any other stage", () => {
  const stages = methodStages(async () => "");
  const report = stages.at(-1)!;
  expect(report.name).toBe("report");
  expect(report.needs).toEqual(stages.slice(0, -1).map(({ name }) => name));
  expect(report.needs).toContain("score");
});

test("every output belongs to one stage, and scores need no label", () => {
  const stages = methodStages(async () => "");
  const outputs = stages.flatMap((stage) => stage.outputs);
  expect(new Set(outputs).size).toBe(outputs.length);
  const stage = (name: string) => stages.find((one) => one.name === name)!;
  expect(stage("explain").outputs).toContain("features.jsonl");
  expect(stage("classify")).toMatchObject({ needs: ["explain"], outputs: ["labels.jsonl"] });
  expect(stage("score")).toMatchObject({ needs: ["explain"], outputs: ["scores.jsonl"] });
});

test("how long a module may take changes nothing that stages depend on", () => {
  const [short, long] = [1, 600].map((timeoutSeconds) => parseConfig({ reward: { timeoutSeconds } }, "test"));
  for (const { name, settings } of methodStages(async () => "")) expect(settings(short), name).toEqual(settings(long));
});
