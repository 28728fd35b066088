import { expect, test } from "vitest";
import { gradients } from "./backward.js";
import { Graph } from "./builder.js";
import { neededNodes } from "./prune.js";

test("the loss must be a scalar, and must depend on what is asked for", () => {
  const g = new Graph("loss");
  const x = g.input("x", ["batch"]);
  const y = g.input("y", []);
  expect(() => gradients(g, x, [x])).toThrow("gradients: the loss must be a scalar, received [batch]");
  expect(() => gradients(g, g.reduceSum(x), [x, y])).toThrow("gradients: the loss does not depend on y");
  expect(() => gradients(g, g.reduceSum(g.cast(g.greater(x, y), "float32")), [x])).toThrow("does not depend on x");
});

test("only what lies between the wanted values and the loss gets a backward pass", () => {
  const g = new Graph("frozen");
  const x = g.input("x", ["batch", 2]);
  const frozen = g.input("frozen", [3, 2]);
  const weight = g.input("weight", [1, 3]);
  const loss = g.reduceSum(g.linear(g.tanh(g.linear(x, frozen)), weight));
  g.output("gradient", gradients(g, loss, [weight])[0]);
  // tanh's own gradient would need 1 - y^2
  expect(neededNodes(g).map((node) => node.op)).not.toContain("Sub");
});

test("a value that is used twice gets the sum of both gradients", () => {
  const g = new Graph("twice");
  const x = g.input("x", []);
  const gradient = gradients(g, g.add(x, x), [x])[0];
  expect(gradient.node?.op).toBe("Add");
});

test("the gradient of a value within the graph, and of the loss itself", () => {
  const g = new Graph("within");
  const x = g.input("x", [3]);
  const y = g.exp(x);
  const loss = g.reduceSum(y);
  const [toY, toLoss] = gradients(g, loss, [y, loss]);
  expect(toY.dims).toEqual([3]);
  expect(toLoss.dims).toEqual([]);
});

test("a gradient that would have to pass through a norm's statistics is refused, not dropped", () => {
  const g = new Graph("statistics");
  const x = g.input("x", ["batch", 3]);
  const [, mean] = g.apply("LayerNormalization", [x, g.input("scale", [3]), g.input("bias", [3])], { epsilon: 1e-5 });
  expect(() => gradients(g, g.reduceSum(mean), [x])).toThrow(
    "LayerNormalization has a gradient rule for its first output only",
  );
});

test("parts joined along a named size have no gradient, and the message says so", () => {
  const g = new Graph("cache");
  const x = g.input("x", ["length", 2]);
  const joined = g.concat([g.input("past", ["past", 2]), x], 0);
  expect(() => gradients(g, g.reduceSum(joined), [x])).toThrow(
    "Concat: no gradient along an axis without fixed size: [past, 2], axis 0",
  );
});
