import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { expectClose } from "../../test/support/expect-close.js";
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

test("which class is rewarded: the one that is named, or the positive of two whose names tell", () => {
  expect(rewardedClass(["POSITIVE", "NEGATIVE"])).toBe(0);
  expect(rewardedClass(["Negative", "Positive"])).toBe(1);
  expect(rewardedClass(["NEG", "POS"])).toBe(1);
  expect(rewardedClass(["pos", "neg"])).toBe(0);
  expect(rewardedClass(["joy", "anger", "fear"], "anger")).toBe(1);
  expect(rewardedClass(["POSITIVE", "NEGATIVE"], "NEGATIVE")).toBe(1);
  expect(rewardedClass(["LABEL_0", "LABEL_1"], "LABEL_1")).toBe(1);
});

test.each([
  [["LABEL_0", "LABEL_1"], "0 LABEL_0, 1 LABEL_1"],
  [["fresh", "rotten"], "0 fresh, 1 rotten"],
  [["1", "0"], "0 1, 1 0"],
  [["very positive", "positive"], "0 very positive, 1 positive"],
  [["positive", "neg"], "0 positive, 1 neg"],
  [["positive", "positive"], "0 positive, 1 positive"],
  [["not positive", "positive"], "0 not positive, 1 positive"],
  [["negative", "neutral", "positive"], "0 negative, 1 neutral, 2 positive"],
  [["positive"], "0 positive"],
])("names that do not tell ask for a label: %j", (labels, classes) => {
  expect(() => rewardedClass(labels, undefined, "reward.label")).toThrow(ConfigError);
  expect(() => rewardedClass(labels, undefined, "reward.label")).toThrow(
    `reward.label: expected the name of the class to reward, since its classes do not tell (${classes}), received nothing`,
  );
});

test("a label that is no class, or several", () => {
  expect(() => rewardedClass(["A", "B"], "C")).toThrow(
    'label: expected a class of the classifier (0 A, 1 B), received "C"',
  );
  expect(() => rewardedClass(["A", "B", "A"], "A")).toThrow('received "A", of which there are several');
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
