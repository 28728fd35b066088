import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { expectClose } from "../../test/support.js";
import { ConfigError, RunError } from "../errors.js";
import { loadClassifier, type TextClassifier } from "../model/text-classifier.js";
import { Engine } from "../runtime/engine.js";
import { classifierReward, rewardedClass } from "./classifier.js";

const golden = fileURLToPath(new URL("../../test/golden/models/distilbert-text", import.meta.url));
const engine = new Engine();
afterAll(() => engine.close());

/** A classifier whose logits are given. */
const fake = (labels: string[], rows: number[][]): TextClassifier => ({
  labels,
  logits: async () => ({ dims: [rows.length, labels.length], data: Float32Array.from(rows.flat()) }),
  dispose: async () => {},
});

test("the reward is the raw logit of the positive class, however large", async () => {
  const reward = classifierReward(
    fake(
      ["NEGATIVE", "POSITIVE"],
      [
        [-3, 1.5],
        [7, -40],
        [0, 250],
      ],
    ),
  );
  expect(await reward(["a", "b", "c"])).toEqual([1.5, -40, 250]);
});

test("it equals the logits of the reference implementation", async () => {
  const recorded = JSON.parse(readFileSync(join(golden, "golden.json"), "utf8")) as {
    texts: string[];
    logits: number[][];
  };
  const reward = classifierReward(await loadClassifier(golden, { engine }));
  const positive = recorded.logits.map(([first]) => first);
  expectClose(await reward(recorded.texts), positive, 1e-4);
  await reward.dispose?.();
});

test("which class is rewarded", () => {
  expect(rewardedClass(["POSITIVE", "NEGATIVE"])).toBe(0);
  expect(rewardedClass(["Negative", "Positive"])).toBe(1);
  expect(rewardedClass(["LABEL_0", "LABEL_1"])).toBe(1);
  expect(rewardedClass(["very positive", "positive"])).toBe(1);
  expect(rewardedClass(["joy", "anger", "fear"], "anger")).toBe(1);
  expect(rewardedClass(["POSITIVE", "NEGATIVE"], "NEGATIVE")).toBe(1);
  expect(() => rewardedClass(["joy", "anger", "fear"])).toThrow(ConfigError);
  expect(() => rewardedClass(["joy", "anger", "fear"])).toThrow(
    /expected the name of one of the 3 classes: joy, anger, fear, received nothing/,
  );
  expect(() => rewardedClass(["A", "B"], "C")).toThrow(/label: expected a class of the classifier: A, B, received C/);
});

test("a logit that is not finite names the text", async () => {
  const reward = classifierReward(
    fake(
      ["NEGATIVE", "POSITIVE"],
      [
        [0, 1],
        [0, Number.NaN],
      ],
    ),
  );
  const given = Promise.resolve(reward(["first", "second"]));
  await expect(given).rejects.toThrow(RunError);
  await expect(given).rejects.toThrow(/logit POSITIVE of text 1 of 2 is NaN\n.*"second"/);
});
