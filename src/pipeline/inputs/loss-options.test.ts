import { expect, test } from "vitest";
import { parseConfig } from "../../config/check-config.js";
import { plainTraining } from "../../config/plain-training.js";
import { lossOptions } from "./loss-options.js";

test("the sparsity of one activation alone is passed on", () => {
  const common = { tied: false, learningRate: 0.005, reconstruction: "mean" };
  const of = (dictionaries: object) =>
    lossOptions(parseConfig({ dictionaries: { ...plainTraining, ...dictionaries } }, "test"), 256);
  expect(of({ activation: "relu" })).toEqual({ ...common, kind: { name: "relu", l1Coef: 0.006 } });
  expect(of({ activation: "topk" })).toEqual({ ...common, kind: { name: "topk", k: 16 } });
});

test("what training has besides the paper's is passed on; a decoder of topk is not refitted", () => {
  const schedule = { warmup: 0.03, decay: 0.2, ramp: 0.05 };
  const later = { freeEncoder: true, schedule, auxCoef: 1 / 32, start: "points" };
  const of = (dictionaries: object) => lossOptions(parseConfig({ dictionaries }, "test"), 256);
  expect(of({ refit: true })).toMatchObject({ ...later, refit: true });
  const ofTopK = of({ activation: "topk", refit: true });
  expect(ofTopK).toMatchObject(later);
  expect(ofTopK).not.toHaveProperty("refit");
});

test("more codes than the small dictionary has are refused", () => {
  const config = parseConfig({ dictionaries: { activation: "topk", k: 17, smallFactor: 0.5 } }, "test");
  expect(() => lossOptions(config, 32)).toThrow(
    /dictionaries\.k.*a whole number from 1 to 16 \(number of features of the small dictionary\).*17/s,
  );
  expect(lossOptions(config, 34)).toMatchObject({ kind: { k: 17 } });
});

test("a small dictionary has a feature at least", () => {
  const config = parseConfig({ dictionaries: { smallFactor: 0.1, activation: "relu" } }, "test");
  expect(() => lossOptions(config, 4)).toThrow(
    /dictionaries\.smallFactor: expected one feature at least.* 0\.25 or more/,
  );
  expect(lossOptions(config, 5)).toMatchObject({ kind: { name: "relu" } });
});
