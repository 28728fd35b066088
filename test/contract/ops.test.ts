/** Every operator, on the engine: values against the plain reference, gradients against central differences. */
import { afterAll, describe, expect, test } from "vitest";
import type { Graph } from "../../src/graph/builder.js";
import type { Dim } from "../../src/graph/dims.js";
import { type OpName, shapeRules } from "../../src/graph/op.js";
import type { Value } from "../../src/graph/value.js";
import type { Rng } from "../../src/rng.js";
import { checkGraph, type GraphCase, type GraphInput } from "../support/check-graph.js";
import { contractEngine } from "../support/contract-engine.js";

type Cases = Readonly<Record<string, GraphCase>>;
type X = Readonly<Record<string, Value>>;

const between = (low: number, high: number) => (rng: Rng) => low + (high - low) * rng.uniform();
const real = (dims: readonly Dim[], draw = between(-2, 2)): GraphInput => ({ dims, draw });
const positive = (dims: readonly Dim[]): GraphInput => real(dims, between(0.5, 3));
/** Away from 0, of both signs. */
const nonZero = (dims: readonly Dim[]): GraphInput =>
  real(dims, (rng) => (rng.uniform() < 0.5 ? -1 : 1) * (0.5 + rng.uniform()));
const index = (dims: readonly Dim[], bound: number): GraphInput => ({
  dims,
  dtype: "int64",
  draw: (rng) => rng.integer(bound),
});
const flag = (dims: readonly Dim[]): GraphInput => ({ dims, dtype: "bool", draw: (rng) => rng.integer(2) });

const B = ["batch", "length", 4] as const;

/** Shapes in which two operands meet. */
const pairs: Readonly<Record<string, readonly [readonly Dim[], readonly Dim[]]>> = {
  "equal sizes": [B, B],
  "a scalar on the right": [B, []],
  "a scalar on the left": [[], B],
  "a row": [B, [4]],
  "a column": [B, ["length", 1]],
  "a size of 1 within": [B, ["batch", 1, 4]],
  "both stretched": [
    ["batch", 1, 4],
    ["length", 1],
  ],
  "more axes on the right": [[4], B],
  "two scalars": [[], []],
};

function binary(apply: (g: Graph, a: Value, b: Value) => Value, a = real, b = real, noGradient?: string): Cases {
  return Object.fromEntries(
    Object.entries(pairs).map(([name, [left, right]]) => [
      name,
      { inputs: { a: a(left), b: b(right) }, build: (g: Graph, x: X) => apply(g, x.a, x.b), noGradient },
    ]),
  );
}

function unary(apply: (g: Graph, x: Value) => Value, input = real): Cases {
  return {
    "three axes": { inputs: { x: input(B) }, build: (g, { x }) => apply(g, x) },
    "a scalar": { inputs: { x: input([]) }, build: (g, { x }) => apply(g, x) },
  };
}

/** The same of every axis, from the front and from the back. */
function everyAxis(apply: (g: Graph, x: Value, axis: number) => Value): Cases {
  return Object.fromEntries(
    [0, 1, 2, -1, -2].map((axis) => [
      `axis ${axis}`,
      { inputs: { x: real(B) }, build: (g: Graph, { x }: X) => apply(g, x, axis) },
    ]),
  );
}

function reductions(apply: (g: Graph, x: Value, axes?: readonly number[], keepDims?: boolean) => Value): Cases {
  const wanted: readonly (readonly number[] | undefined)[] = [
    undefined,
    [0],
    [1],
    [-1],
    [0, 1],
    [0, 2],
    [2, 0],
    [1, -1],
  ];
  return Object.fromEntries(
    wanted.flatMap((axes) =>
      [false, true].map((keepDims) => [
        `axes ${axes ?? "all"}${keepDims ? ", kept" : ""}`,
        { inputs: { x: real(B) }, build: (g: Graph, { x }: X) => apply(g, x, axes, keepDims) },
      ]),
    ),
  );
}

const flat = "the result is constant in pieces";
const comparison = (apply: (g: Graph, a: Value, b: Value) => Value): Cases => binary(apply, real, real, flat);
const halves = (dims: readonly Dim[]): GraphInput => real(dims, (rng) => rng.integer(3) / 2);

/** Total: an operator without a case does not compile. */
const cases: { readonly [K in OpName]: Cases } = {
  Constant: {
    numbers: { inputs: { x: real([2, 2]) }, build: (g, { x }) => g.mul(x, g.constant([1, -2, 3, 0.5], [2, 2])) },
    "a scalar": { inputs: { x: real([]) }, build: (g, { x }) => g.shift(x, -1.25) },
    integers: { inputs: { x: real([3, 2]) }, build: (g, { x }) => g.gather(x, g.constantInts([2, 0, 2])) },
  },
  ConstantOfShape: {
    "named sizes": { inputs: { x: real(B) }, build: (g, { x }) => g.mul(x, g.filledLike(x, -1.5)) },
    "nothing of x but its sizes": { inputs: { x: real(B) }, build: (g, { x }) => g.filledLike(x, 2), noGradient: flat },
  },
  Shape: {
    "as numbers": {
      inputs: { x: real(["batch", "length"]) },
      build: (g, { x }) => g.apply("Shape", [x], {})[0],
      noGradient: flat,
    },
  },
  Cast: {
    "bool to float": { inputs: { x: flag(B) }, build: (g, { x }) => g.cast(x, "float32") },
    "integer to float": { inputs: { x: index(B, 9) }, build: (g, { x }) => g.cast(x, "float32") },
    "float to integer": { inputs: { x: real(B) }, build: (g, { x }) => g.cast(x, "int64"), noGradient: flat },
    "float to bool": { inputs: { x: halves(B) }, build: (g, { x }) => g.cast(x, "bool"), noGradient: flat },
    "float to float is x": {
      inputs: { x: real(B) },
      build: (g, { x }) => g.apply("Cast", [g.cast(x, "float32")], { to: "float32" })[0],
    },
  },
  Add: binary((g, a, b) => g.add(a, b)),
  Sub: binary((g, a, b) => g.sub(a, b)),
  Mul: binary((g, a, b) => g.mul(a, b)),
  Div: binary((g, a, b) => g.div(a, b), real, nonZero),
  Min: binary((g, a, b) => g.min(a, b)),
  Max: binary((g, a, b) => g.max(a, b)),
  Equal: {
    ...binary((g, a, b) => g.equal(a, b), halves, halves, flat),
    integers: { inputs: { a: index(B, 2), b: index([4], 2) }, build: (g, { a, b }) => g.equal(a, b) },
  },
  Less: comparison((g, a, b) => g.less(a, b)),
  Greater: comparison((g, a, b) => g.greater(a, b)),
  And: binary((g, a, b) => g.and(a, b), flag, flag),
  Not: unary((g, x) => g.not(x), flag),
  Where: {
    "equal sizes": { inputs: { c: flag(B), a: real(B), b: real(B) }, build: (g, { c, a, b }) => g.where(c, a, b) },
    "operands stretched": {
      inputs: { c: flag(B), a: real([4]), b: real([]) },
      build: (g, { c, a, b }) => g.where(c, a, b),
    },
    "condition stretched": {
      inputs: { c: flag(["length", 1]), a: real(B), b: real(["batch", 1, 1]) },
      build: (g, { c, a, b }) => g.where(c, a, b),
    },
  },
  Identity: {
    "three axes": {
      inputs: { x: real(B) },
      build: (g, { x }) => g.withoutGradient(x),
      noGradient: "it stands for a constant",
    },
    "a factor beside one with a gradient": {
      inputs: { x: real(B), at: index(B, 3) },
      build: (g, { x, at }) => g.mul(g.withoutGradient(g.cast(at, "float32")), x),
    },
  },
  Neg: unary((g, x) => g.neg(x)),
  Exp: unary((g, x) => g.exp(x)),
  Log: unary((g, x) => g.log(x), positive),
  Sqrt: unary((g, x) => g.sqrt(x), positive),
  Reciprocal: unary((g, x) => g.reciprocal(x), nonZero),
  Abs: unary((g, x) => g.abs(x), nonZero),
  Sin: unary((g, x) => g.sin(x)),
  Cos: unary((g, x) => g.cos(x)),
  Tanh: unary((g, x) => g.tanh(x)),
  Erf: unary((g, x) => g.erf(x)),
  Sigmoid: unary((g, x) => g.sigmoid(x)),
  Relu: unary((g, x) => g.relu(x), nonZero),
  Gelu: {
    ...unary((g, x) => g.gelu(x)),
    "tanh approximation": { inputs: { x: real(B, between(-3, 3)) }, build: (g, { x }) => g.gelu(x, "tanh") },
  },
  MatMul: {
    matrices: { inputs: { a: real(["batch", 4]), b: real([4, 5]) }, build: (g, { a, b }) => g.matMul(a, b) },
    "a matrix on the right of a batch": {
      inputs: { a: real(B), b: real([4, 5]) },
      build: (g, { a, b }) => g.matMul(a, b),
    },
    "a matrix on the left of a batch": {
      inputs: { a: real([2, 4]), b: real(["batch", 4, "length"]) },
      build: (g, { a, b }) => g.matMul(a, b),
    },
    "a stored weight [out, in] and a bias": {
      inputs: { a: real(B), w: real([5, 4]), b: real([5]) },
      build: (g, { a, w, b }) => g.linear(a, w, b),
    },
    "a stored weight under a matrix": {
      inputs: { a: real(["length", 4]), w: real([5, 4]) },
      build: (g, { a, w }) => g.linear(a, w),
    },
    "batch by batch": {
      inputs: { a: real(["batch", 2, "length", 4]), b: real(["batch", 2, 4, "past"]) },
      build: (g, { a, b }) => g.matMul(a, b),
    },
    "stretched batches": {
      inputs: { a: real(["batch", 1, 3, 4]), b: real([2, 4, 2]) },
      build: (g, { a, b }) => g.matMul(a, b),
    },
    "both operands the same": { inputs: { a: real(["batch", 3, 3]) }, build: (g, { a }) => g.matMul(a, a) },
  },
  Transpose: {
    "two axes": { inputs: { x: real(["batch", 4]) }, build: (g, { x }) => g.transpose(x, [1, 0]) },
    "a cycle of three": { inputs: { x: real(B) }, build: (g, { x }) => g.transpose(x, [2, 0, 1]) },
    "there and half back": {
      inputs: { x: real(B) },
      build: (g, { x }) => g.transpose(g.transpose(x, [1, 2, 0]), [1, 2, 0]),
    },
    "the last two of four": { inputs: { x: real(["batch", 2, "length", 3]) }, build: (g, { x }) => g.swapLast(x) },
  },
  Reshape: {
    "fixed sizes": { inputs: { x: real([2, 6]) }, build: (g, { x }) => g.reshape(x, [3, 4]) },
    "rows joined": { inputs: { x: real(B) }, build: (g, { x }) => g.flatten(x) },
    "heads split off": { inputs: { x: real(B) }, build: (g, { x }) => g.reshape(x, [x.dims[0], x.dims[1], 2, 2]) },
    "rows taken apart": {
      inputs: { x: real(["batch*length", 4]), like: real(B) },
      build: (g, { x, like }) => g.mul(g.reshapeLike(x, like), like),
    },
    "an axis in front": { inputs: { x: real(B) }, build: (g, { x }) => g.unsqueeze(x, 0) },
    "an axis within": { inputs: { x: real(["batch", "length"]) }, build: (g, { x }) => g.unsqueeze(x, 1) },
    "an axis behind": { inputs: { x: real(["batch", "length"]) }, build: (g, { x }) => g.unsqueeze(x, -1) },
    "to a scalar": { inputs: { x: real([1, 1]) }, build: (g, { x }) => g.reshape(x, []) },
  },
  Expand: {
    "a row": { inputs: { x: real([4]), like: real(B) }, build: (g, { x, like }) => g.mul(g.expandLike(x, like), like) },
    "a column": {
      inputs: { x: real(["batch", 1, 1]), like: real(B) },
      build: (g, { x, like }) => g.mul(g.expandLike(x, like), like),
    },
    "a scalar": {
      inputs: { x: real([]), like: real(B) },
      build: (g, { x, like }) => g.mul(g.expandLike(x, like), like),
    },
  },
  Concat: {
    "the first axis": { inputs: { a: real([2, 3]), b: real([1, 3]) }, build: (g, { a, b }) => g.concat([a, b], 0) },
    "the last axis": {
      inputs: { a: real(B), b: real(["batch", "length", 2]) },
      build: (g, { a, b }) => g.concat([a, b, a], -1),
    },
  },
  Slice: {
    "the first axis": { inputs: { x: real([5, "length"]) }, build: (g, { x }) => g.slice(x, 0, 1, 3) },
    "the last axis": { inputs: { x: real(B) }, build: (g, { x }) => g.slice(x, -1, 2, 4) },
    "all of it": { inputs: { x: real(B) }, build: (g, { x }) => g.slice(x, 2, 0, 4) },
    "parts that lie side by side, one of them read twice, and the whole": {
      inputs: { x: real(B) },
      build: (g, { x }) => {
        const [right, middle, left] = [g.slice(x, 2, 3, 4), g.slice(x, 2, 1, 3), g.slice(x, 2, 0, 1)];
        return g.add(g.concat([g.exp(right), g.square(middle), g.mul(left, right)], 2), g.square(x));
      },
    },
    "parts that overlap": {
      inputs: { x: real(B) },
      build: (g, { x }) => g.mul(g.slice(x, 2, 0, 3), g.slice(x, 2, 1, 4)),
    },
  },
  Pad: {
    "the first axis": { inputs: { x: real([2, "length"]) }, build: (g, { x }) => g.pad(x, 0, 1, 2) },
    "the last axis": { inputs: { x: real(B) }, build: (g, { x }) => g.pad(x, -1, 0, 3) },
  },
  Gather: {
    rows: {
      inputs: { table: real([5, 3]), at: index(["batch", "length"], 5) },
      build: (g, { table, at }) => g.gather(table, at),
    },
    "the same row twice": {
      inputs: { table: real([1, 3]), at: index([4], 1) },
      build: (g, { table, at }) => g.gather(table, at),
    },
    "one row": { inputs: { table: real([5, 3]), at: index([], 5) }, build: (g, { table, at }) => g.gather(table, at) },
    "a table of numbers": {
      inputs: { table: real([5]), at: index(["length"], 5) },
      build: (g, { table, at }) => g.gather(table, at),
    },
    "rows of matrices": {
      inputs: { table: real([3, 2, 2]), at: index(["length"], 3) },
      build: (g, { table, at }) => g.gather(table, at),
    },
    "a table of named size": {
      inputs: { table: real(["batch", 3]), at: index([4], 2) },
      build: (g, { table, at }) => g.gather(table, at),
    },
  },
  GatherElements: {
    "the last axis": {
      inputs: { x: real(B), at: index(["batch", "length", 2], 4) },
      build: (g, { x, at }) => g.gatherElements(x, at, -1),
    },
    "the first axis": {
      inputs: { x: real([5, "length"]), at: index([2, "length"], 5) },
      build: (g, { x, at }) => g.gatherElements(x, at, 0),
    },
  },
  ScatterElements: {
    "the last axis": {
      inputs: { x: real(B), at: index(["batch", "length", 3], 4), u: real(["batch", "length", 3]) },
      build: (g, { x, at, u }) => g.scatterElements(x, at, u, -1),
    },
    "the first axis": {
      inputs: { x: real([5, 2]), at: index([3, 2], 5), u: real([3, 2]) },
      build: (g, { x, at, u }) => g.scatterElements(x, at, u, 0),
    },
  },
  ScatterND: {
    "rows, some twice": {
      inputs: { x: real([3, 4]), at: index(["batch", "length", 1], 3), u: real(B) },
      build: (g, { x, at, u }) => g.scatterRows(x, at, u),
    },
    "single numbers": {
      inputs: { x: real([3]), at: index(["length", 1], 3), u: real(["length"]) },
      build: (g, { x, at, u }) => g.scatterRows(x, at, u),
    },
  },
  ReduceSum: reductions((g, x, axes, keepDims) => g.reduceSum(x, axes, keepDims)),
  ReduceMean: reductions((g, x, axes, keepDims) => g.reduceMean(x, axes, keepDims)),
  ReduceMax: reductions((g, x, axes, keepDims) => g.reduceMax(x, axes, keepDims)),
  CumSum: {
    ...everyAxis((g, x, axis) => g.cumSum(x, axis)),
    "from the last": { inputs: { x: real(B) }, build: (g, { x }) => g.cumSum(x, 1, true) },
  },
  TopK: {
    "the two largest of four": { inputs: { x: real(B) }, build: (g, { x }) => g.keepLargest(x, 2) },
    "all of them": { inputs: { x: real(B) }, build: (g, { x }) => g.keepLargest(x, 4) },
    "fewer are positive than are kept": { inputs: { x: real(B) }, build: (g, { x }) => g.keepLargest(g.relu(x), 3) },
    "as many as an input says": {
      inputs: { x: real(B), k: { dims: [1], dtype: "int64", draw: () => 1 } },
      build: (g, { x, k }) => g.keepLargest(x, k),
    },
    "the fifth of all": {
      inputs: { x: real(["batch", 4]), k: { dims: [1], dtype: "int64", draw: () => 5 } },
      build: (g, { x, k }) => g.kthLargest(x, k),
      noGradient: "it stands for a constant",
    },
    "the values themselves": {
      inputs: { x: real(B) },
      build: (g, { x }) => g.apply("TopK", [x, g.constantInts([3])], { size: 3 })[0],
    },
  },
  Softmax: everyAxis((g, x, axis) => g.softmax(x, axis)),
  LogSoftmax: everyAxis((g, x, axis) => g.logSoftmax(x, axis)),
  LayerNormalization: {
    "three axes": {
      inputs: { x: real(B), scale: real([4]), bias: real([4]) },
      build: (g, { x, scale, bias }) => g.layerNorm(x, scale, bias, 1e-5),
    },
    "one row and a large epsilon": {
      inputs: { x: real([4]), scale: real([4]), bias: real([4]) },
      build: (g, { x, scale, bias }) => g.layerNorm(x, scale, bias, 0.5),
    },
  },
};

const engine = await contractEngine();
afterAll(() => engine.close());

test("every operator of the shape rules has cases", () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(shapeRules).sort());
});

describe.each(Object.entries(cases))("%s", (op, list) => {
  test.each(Object.entries(list))("%s", async (_name, each) => {
    const named = Object.values(each.inputs).some(({ dims }) => dims.some((dim) => typeof dim === "string"));
    for (const keepNames of named ? [true, false] : [false]) {
      const g = await checkGraph(engine, each, keepNames);
      // Sizes that are known are folded into constants: Shape then has nothing to do.
      if (keepNames || !named) expect(g.nodes.map((node) => node.op)).toContain(op);
    }
  });
});
