import { expect, test } from "vitest";
import { Graph } from "./builder.js";
import { printGraph } from "./print.js";
import { neededNodes } from "./prune.js";

test("names of inputs and outputs are given once", () => {
  const g = new Graph("policy");
  const x = g.input("x", [2]);
  g.output("y", x);
  expect(() => g.input("x", [3])).toThrow("internal: graph policy has two inputs x");
  expect(() => g.output("y", x)).toThrow("an input or output y exists already");
  expect(() => g.output("x", x)).toThrow("an input or output x exists already");
});

test("what changes nothing adds no node", () => {
  const g = new Graph("identity");
  const x = g.input("x", ["batch", 3]);
  expect(g.cast(x, "float32")).toBe(x);
  expect(g.transpose(g.transpose(x, [1, 0]), [1, 0])).toBe(x);
  expect(g.concat([x], 0)).toBe(x);
  expect(g.expandLike(x, x)).toBe(x);
  expect(g.reshapeLike(x, x)).toBe(x);
  expect(g.flatten(x)).toBe(x);
  expect(g.reduceSum(x, [])).toBe(x);
  expect(neededNodes(g)).toEqual([]);
});

test("nodes that no output needs are left out, in printing too", () => {
  const g = new Graph("pruned");
  const x = g.input("x", ["batch"]);
  g.exp(g.neg(x));
  g.output("y", g.abs(x));
  expect(neededNodes(g).map((node) => node.op)).toEqual(["Abs"]);
  expect(printGraph(g)).toBe("x: float32 [batch]\n%0 = Abs(x) : float32 [batch]\nreturn y = %0");
});

test("a node remembers the place where it was built", () => {
  const g = new Graph("policy");
  const y = g.at("layers.0", () => g.at("mlp", () => g.relu(g.input("x", [1]))));
  expect(y.node?.place).toBe('layers.0.mlp (graph "policy")');
});
