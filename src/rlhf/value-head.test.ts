import { expect, test } from "vitest";
import { RewardscopeError, ShapeError } from "../errors.js";
import { Rng } from "../rng.js";
import { checkValueHead, initialiseValueHead } from "./value-head.js";

test("a head that is given has to be of the model's size, and finite", () => {
  const head = initialiseValueHead(4, Rng.fromSeed(1, "head"));
  expect(() => checkValueHead(head, 4)).not.toThrow();
  expect(() => checkValueHead(head, 5)).toThrow(ShapeError);
  expect(() => checkValueHead(head, 5)).toThrow("expected 5 weights and 1 bias, received 4 and 1");
  head.weight[2] = Number.NEGATIVE_INFINITY;
  expect(() => checkValueHead(head, 4)).toThrow(RewardscopeError);
  expect(() => checkValueHead(head, 4)).toThrow("value head: expected finite numbers, received -Infinity");
});
