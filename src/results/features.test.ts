import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { detection, explainedLine, oldFeatures, writeOldRun } from "../../test/support/old-run.js";
import { FormatError } from "../errors.js";
import { readFeatures } from "./features.js";
import { readRun } from "./read-run.js";
import { writeLabels } from "./sections/classify.js";
import { readExplained, writeExplained } from "./sections/explain.js";
import { writeScores } from "./sections/score.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "features-"));
});
afterEach(() => rm(folder, { recursive: true }));

const explained = [explainedLine(1, 4), explainedLine(2, 4), explainedLine(2, 9)];
const nameOf = (layer: number, feature: number) => ({ model: "tuned" as const, layer, feature });
const label = (layer: number, feature: number, related: boolean) => ({
  ...nameOf(layer, feature),
  ...{ related, reason: "a test", topics: ["film"] },
});
const labels = [label(1, 4, true), label(2, 4, false), label(2, 9, true)];

test("each feature has its label and its scores, whatever the order of their lines", async () => {
  await writeExplained(folder, explained);
  expect(await readFeatures(folder)).toEqual(explained);
  const scored = { ...label(2, 9, true), scores: { sentimentAssociation: 0.2, pValue: 0.01 } };
  await writeLabels(folder, [scored, label(2, 4, false), label(1, 4, true)]);
  expect((await readFeatures(folder)).map(({ related }) => related)).toEqual([true, false, true]);
  await writeScores(folder, [{ ...nameOf(2, 9), detection }, nameOf(1, 4), nameOf(2, 4)]);
  const [first, second, third] = await readFeatures(folder);
  expect(first).toEqual({ ...explained[0], ...label(1, 4, true), scores: {} });
  expect(second).toEqual({ ...explained[1], ...label(2, 4, false), scores: {} });
  expect(third).toEqual({
    ...explained[2],
    ...label(2, 9, true),
    scores: { sentimentAssociation: 0.2, pValue: 0.01, detection },
  });
});

test("scores are read without labels, and NaN comes back", async () => {
  await writeExplained(folder, explained);
  const nowhere = { ...detection.balancedAccuracy, low: Number.NaN };
  const lines = explained.map(({ layer, feature }) => ({
    ...nameOf(layer, feature),
    detection: { ...detection, balancedAccuracy: nowhere },
  }));
  await writeScores(folder, lines);
  const [{ scores, related }] = await readFeatures(folder);
  expect(related).toBeUndefined();
  expect(scores!.detection!.balancedAccuracy).toEqual(nowhere);
});

test.each([
  [
    "a feature without a label",
    labels.slice(0, 2),
    /expected a line for feature 9 of layer 2 of the tuned model, which is line 3 of features\.jsonl/,
  ],
  [
    "a label without a feature",
    [...labels, label(2, 10, true)],
    /line 4: feature 10 of layer 2 of the tuned model is not in features\.jsonl/,
  ],
  ["two labels", [...labels, label(1, 4, false)], /line 4: feature 4 of layer 1 of the tuned model has line 1 already/],
])("%s is a FormatError that names file and line", async (_, lines, message) => {
  await writeExplained(folder, explained);
  await writeLabels(folder, lines);
  const error = await readFeatures(folder).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(FormatError);
  expect((error as FormatError).file).toBe(join(folder, "labels.jsonl"));
  expect((error as FormatError).message).toMatch(message);
});

test("scores of other features are a FormatError too", async () => {
  await writeExplained(folder, explained);
  await writeScores(folder, [nameOf(1, 4)]);
  await expect(readFeatures(folder)).rejects.toThrow(/scores\.jsonl: expected a line for feature 4 of layer 2/);
});

test("before explain there is none, whatever labels lie about", async () => {
  await writeLabels(folder, labels);
  expect(await readFeatures(folder)).toEqual([]);
  await expect(readExplained(folder)).rejects.toThrow(/features\.jsonl: no such file/);
});

test("a folder of format 1 has labels and scores in features.jsonl itself", async () => {
  await writeOldRun(folder);
  expect(await readFeatures(folder)).toEqual(oldFeatures);
  const { record, features, results } = await readRun(folder);
  expect(record.format).toBe(1);
  expect(features).toEqual(oldFeatures);
  expect(results.classify!.models[0].related).toBe(1);
  // The records with only the output of explain.
  expect(await readExplained(folder)).toEqual([explainedLine(1, 0), explainedLine(1, 1)]);
});
