import { expect, test } from "vitest";
import { ShapeError } from "../errors.js";
import { Graph } from "./builder.js";
import type { Dim, DType } from "./dims.js";
import type { Value } from "./value.js";

type Build = (g: Graph, x: (dims: readonly Dim[], dtype?: DType) => Value) => unknown;

const B = ["batch", "length", 4] as const;

const wrong: Readonly<Record<string, readonly [Build, string]>> = {
  "sizes that cannot be broadcast": [
    (g, x) => g.add(x(B), x([3])),
    "Add: sizes 4 and 3 of axis 2 cannot be broadcast: [batch, length, 4], [3]",
  ],
  "names that cannot be broadcast": [
    (g, x) => g.mul(x(["batch", 2]), x(["length", 2])),
    "Mul: sizes batch and length of axis 0 cannot be broadcast: [batch, 2], [length, 2]",
  ],
  "types that differ": [(g, x) => g.sub(x([2]), x([2], "int64")), "Sub: types differ: float32 and int64"],
  "a logical operator on numbers": [(g, x) => g.and(x([2]), x([2])), "And: expected bool, received float32 [2]"],
  "a negation of numbers": [(g, x) => g.not(x([2])), "Not: expected bool, received float32 [2]"],
  "a function of integers": [(g, x) => g.exp(x([2], "int64")), "Exp: expected float32, received int64 [2]"],
  "a condition that is no bool": [
    (g, x) => g.where(x([2]), x([2]), x([2])),
    "Where: expected bool, received float32 [2]",
  ],
  "a choice between types": [
    (g, x) => g.where(x([2], "bool"), x([2]), x([2], "int64")),
    "Where: types differ: float32 and int64",
  ],
  "inner sizes": [
    (g, x) => g.matMul(x([8, 128, 512]), x([768, 2048])),
    "MatMul: inner sizes differ: a [8, 128, 512] ends in 512, b [768, 2048] begins with 768",
  ],
  "a vector in a product": [
    (g, x) => g.matMul(x([4]), x([4, 2])),
    "MatMul: needs at least two axes each: a [4], b [4, 2]",
  ],
  "batches of a product": [
    (g, x) => g.matMul(x([2, 3, 4]), x([5, 4, 1])),
    "MatMul: sizes 2 and 5 of axis 0 cannot be broadcast: [2], [5]",
  ],
  "no permutation": [
    (g, x) => g.transpose(x(B), [0, 1, 1]),
    "Transpose: [0, 1, 1] is not a permutation of the axes of [batch, length, 4]",
  ],
  "another number of elements": [(g, x) => g.reshape(x([2, 6]), [5, 2]), "Reshape: [2, 6] cannot become [5, 2]"],
  "two open sizes": [
    (g, x) => g.reshape(x(["batch*length", 4]), B),
    "Reshape: [batch*length, 4] to [batch, length, 4] leaves two sizes open",
  ],
  "a target that is smaller": [(g, x) => g.expandLike(x([2, 3]), x([3])), "Expand: [2, 3] is larger than [3]"],
  "parts of other widths": [
    (g, x) => g.concat([x([2, 3]), x([2, 4])], 0),
    "Concat: shapes differ outside axis 0: [2, 3], [2, 4]",
  ],
  "parts of other types": [
    (g, x) => g.concat([x([2]), x([2], "int64")], 0),
    "Concat: shapes differ outside axis 0: [2], [2]",
  ],
  "no axis to join along": [(g, x) => g.concat([x([2]), x([2])], 1), "Concat: no axis 1 in [2]"],
  "a range outside": [(g, x) => g.slice(x(B), 2, 3, 5), "Slice: [3, 5) of axis 2 is not inside [batch, length, 4]"],
  "a range of a named size": [
    (g, x) => g.slice(x(B), 0, 0, 1),
    "Slice: [0, 1) of axis 0 is not inside [batch, length, 4]",
  ],
  "padding of a named size": [(g, x) => g.pad(x(B), 1, 0, 1), "Pad: axis 1 of [batch, length, 4] has no fixed size"],
  "indices that are no integers": [
    (g, x) => g.gather(x([5, 2]), x([3])),
    "Gather: expected int64, received float32 [3]",
  ],
  "indices that do not fit": [
    (g, x) => g.gatherElements(x([5, 2]), x([3, 3], "int64"), 0),
    "GatherElements: indices [3, 3] do not fit [5, 2] outside axis 0",
  ],
  "updates that do not fit": [
    (g, x) => g.scatterElements(x([5, 2]), x([3, 2], "int64"), x([2, 2]), 0),
    "ScatterElements: indices [3, 2], updates [2, 2] do not fit [5, 2]",
  ],
  "updates of other rows": [
    (g, x) => g.scatterRows(x([5, 2]), x([3, 1], "int64"), x([3, 4])),
    "ScatterND: indices [3, 1], updates [3, 4] do not address rows of [5, 2]",
  ],
  "no such axis to sum": [(g, x) => g.reduceSum(x([2, 3]), [2]), "ReduceSum: no axis 2 in [2, 3]"],
  "no such axis from the end": [(g, x) => g.softmax(x([2, 3]), -3), "Softmax: no axis -1 in [2, 3]"],
  "a norm of another width": [
    (g, x) => g.layerNorm(x(B), x([3]), x([4]), 1e-5),
    "LayerNormalization: scale [3] and bias [4] must be [4] for x [batch, length, 4]",
  ],
};

test.each(Object.entries(wrong))("%s: the message names operator, shapes and place", (_name, [build, message]) => {
  const g = new Graph("policy");
  let next = 0;
  const x = (dims: readonly Dim[], dtype?: DType): Value => g.input(`x${next++}`, dims, dtype);
  let thrown: unknown;
  try {
    g.at("layers.3", () => g.at("mlp", () => build(g, x)));
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ShapeError);
  expect((thrown as ShapeError).message.split("\n")[0]).toBe(message);
  expect((thrown as ShapeError).at).toBe('layers.3.mlp (graph "policy")');
});

test("outside any place the graph is named", () => {
  const g = new Graph("policy");
  expect(() => g.add(g.input("a", [2]), g.input("b", [3]))).toThrow('at: graph "policy"');
});
