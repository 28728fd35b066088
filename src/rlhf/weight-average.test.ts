import { expect, test } from "vitest";
import { FormatError } from "../errors.js";
import type { CausalLm } from "../model/causal-lm.js";
import { interpolateTowards, WeightAverage } from "./weight-average.js";

/** A model of one parameter, in plain memory. */
function model(...values: number[]) {
  const held = { weight: Float32Array.from(values) };
  const store = {
    read: async () => ({ dims: [values.length], data: held.weight.slice() }),
    write: async (_: string, data: Float32Array) => held.weight.set(data),
  };
  return { held, weights: { parameterNames: ["weight"], store } as unknown as CausalLm };
}

test("the average of three sets of weights, across a checkpoint", async () => {
  const { held, weights } = model(1, 10);
  const first = new WeightAverage(weights);
  await first.add();
  held.weight = Float32Array.of(2, 20);
  await first.add();
  const { count, tensors } = first.state();
  expect([count, ...tensors["average.weight"].data]).toEqual([2, 1.5, 15]);

  const second = new WeightAverage(weights);
  second.restore(count, tensors);
  held.weight = Float32Array.of(6, 60);
  await second.add();
  await second.apply();
  expect([...held.weight]).toEqual([3, 30]);
  expect(() => second.restore(1, {})).toThrow(FormatError);
});

test("without weights nothing changes", async () => {
  const { held, weights } = model(1, 10);
  await new WeightAverage(weights).apply();
  expect([...held.weight]).toEqual([1, 10]);
});

test.each([
  [1, [3, 30]],
  [0.25, [1.5, 15]],
  [0, [1, 10]],
])("base + %f of the way to the policy", async (share, expected) => {
  const policy = model(3, 30);
  await interpolateTowards(model(1, 10).weights, policy.weights, share);
  expect([...policy.held.weight]).toEqual(expected);
});
