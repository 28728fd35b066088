import { expect, test } from "vitest";
import { parseConfig } from "../../config/check-config.js";
import { plainTraining } from "../../config/plain-training.js";
import { dictionarySettings } from "./dictionary-stream.js";

const of = (dictionaries: object) => {
  const { matching: _, ...settings } = parseConfig({ dictionaries }, "test").dictionaries;
  return dictionarySettings(settings);
};
const earlier = {
  ...{ smallFactor: 1, largeFactor: 2, tied: true, activation: "relu", l1Coef: 0.006, k: 32, reconstruction: "mean" },
  ...{ learningRate: 0.003, batchTexts: 8, maxTokens: 256, epochs: 3, tokenVisits: 300_000 },
};

test("settings of runs before there were more keep their form, by which run.json knows them", () => {
  // In this order, since run.json keeps a hash of the text.
  expect(JSON.stringify(of({ ...earlier, ...plainTraining }))).toBe(JSON.stringify(earlier));
  expect(JSON.stringify(of({ ...earlier, ...plainTraining, batchTokens: 9, sharedFactor: 3 }))).toBe(
    JSON.stringify(earlier),
  );
});

test("what is on counts, with what belongs to it", () => {
  const plain = { ...earlier, ...plainTraining };
  expect(of({ ...plain, shuffleTokens: 100, batchTokens: 9 })).toEqual({
    ...earlier,
    shuffleTokens: 100,
    batchTokens: 9,
  });
  expect(of({ ...plain, shared: true, batchTokens: 9, sharedFactor: 3 })).toEqual({
    ...{ ...earlier, shared: true, batchTokens: 9, sharedFactor: 3 },
  });
  expect(of({ ...plain, activation: "jumprelu", l0Coef: 0.5 })).toEqual({
    ...{ ...earlier, activation: "jumprelu", l0Coef: 0.5 },
  });
  expect(of({ ...plain, refit: true, decay: 0.5 })).toEqual({ ...earlier, refit: true, decay: 0.5 });
});
