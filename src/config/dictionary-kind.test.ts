import { expect, test } from "vitest";
import { parseConfig } from "./check-config.js";
import { dictionaryKind } from "./dictionary-kind.js";

const kindOf = (dictionaries: object) => dictionaryKind(parseConfig({ dictionaries }, "test").dictionaries);

test("the activation says which of the flat settings count", () => {
  const both = { l1Coef: 0.02, k: 5 };
  expect(kindOf({ ...both, activation: "relu" })).toEqual({ name: "relu", l1Coef: 0.02 });
  expect(kindOf({ ...both, activation: "topk" })).toEqual({ name: "topk", k: 5 });
  expect(kindOf({})).toEqual({ name: "batchtopk", k: 16 });
  expect(kindOf({ activation: "topk" })).toEqual({ name: "topk", k: 16 });
  expect(kindOf({ ...both, activation: "batchtopk" })).toEqual({ name: "batchtopk", k: 5 });
  expect(kindOf({ ...both, activation: "jumprelu", l0Coef: 0.1 })).toEqual({ name: "jumprelu", l0Coef: 0.1 });
});

test("an activation that is no kind is refused, and the kinds are named", () => {
  expect(() => kindOf({ activation: "gelu" })).toThrow(
    "dictionaries.activation: expected one of relu, topk, batchtopk, jumprelu",
  );
});
