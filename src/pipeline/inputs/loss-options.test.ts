import { expect, test } from "vitest";
import { parseConfig } from "../../config/check-config.js";
import { lossOptions } from "./loss-options.js";

test("the sparsity of one activation alone is passed on", () => {
  const common = { tied: true, learningRate: 0.003, reconstruction: "mean" };
  expect(lossOptions(parseConfig({}, "test"), 256)).toEqual({ ...common, kind: { name: "relu", l1Coef: 0.006 } });
  expect(lossOptions(parseConfig({ dictionaries: { activation: "topk" } }, "test"), 256)).toEqual({
    ...common,
    kind: { name: "topk", k: 32 },
  });
});

test("more codes than the small dictionary has are refused", () => {
  const config = parseConfig({ dictionaries: { activation: "topk", k: 17, smallFactor: 0.5 } }, "test");
  expect(() => lossOptions(config, 32)).toThrow(
    /dictionaries\.k.*a whole number from 1 to 16 \(number of features of the small dictionary\).*17/s,
  );
  expect(lossOptions(config, 34)).toMatchObject({ kind: { k: 17 } });
});

test("a small dictionary has a feature at least", () => {
  const config = parseConfig({ dictionaries: { smallFactor: 0.1 } }, "test");
  expect(() => lossOptions(config, 4)).toThrow(
    /dictionaries\.smallFactor: expected one feature at least.* 0\.25 or more/,
  );
  expect(lossOptions(config, 5)).toMatchObject({ kind: { name: "relu" } });
});
