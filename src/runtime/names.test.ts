import { expect, test } from "vitest";
import { Graph } from "../graph/builder.js";
import { boundName, isBoundOutput, nameIn } from "./names.js";
import { stateInput } from "./state-inputs.js";

test("a bound name gives back its own name, to its own kind only", () => {
  expect(boundName("gradients", "a/b")).toBe("gradients/a/b");
  expect(nameIn("gradients", "gradients/a/b")).toBe("a/b");
  expect(nameIn("gradients", "gradientRows/a")).toBeUndefined();
  expect(nameIn("parameters", "parametersOf/a")).toBeUndefined();
});

test("gradients and new rows of the state stay in the engine; what is read there, and other names, do not", () => {
  expect(["gradients/w", "gradientRows/w", "gradientIndices/w", "next/keys"].every(isBoundOutput)).toBe(true);
  expect(["parameters/w", "state/keys", "next", "loss"].some(isBoundOutput)).toBe(false);
});

test("a tensor of the state is an input, its new rows are an output of two axes", () => {
  const g = new Graph("cache");
  const fresh = g.input("fresh", ["batch", 2, "length", 4]);
  const keys = stateInput(g, "keys", ["batch", 2, "capacity", 4], fresh);
  expect(keys).toMatchObject({ name: "state/keys", dims: ["batch", 2, "capacity", 4] });
  expect(g.outputs.map(({ name, value }) => [name, value.dims])).toEqual([["next/keys", ["2*batch*length", 4]]]);
});
