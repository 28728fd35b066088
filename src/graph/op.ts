/**
 * The operators: ONNX's names, their attributes, and the rule that gives each output its type and
 * shape.
 */
import { ShapeError } from "../errors.js";
import {
  addDims,
  type Dim,
  type DType,
  formatDims,
  multiplyDims,
  normaliseAxis,
  type Signature,
  sameDims,
} from "./dims.js";

type None = Record<string, never>;

/** Attributes of every operator. `dims` restates an output shape that ONNX takes as a tensor. */
export interface Attributes {
  Constant: { dims: readonly number[]; dtype: DType; data: Float32Array | BigInt64Array | Uint8Array };
  ConstantOfShape: { dims: readonly Dim[]; value: number };
  Shape: None;
  Cast: { to: DType };
  Add: None;
  Sub: None;
  Mul: None;
  Div: None;
  Min: None;
  Max: None;
  Equal: None;
  Less: None;
  Greater: None;
  And: None;
  Not: None;
  Where: None;
  Identity: None;
  Neg: None;
  Exp: None;
  Log: None;
  Sqrt: None;
  Reciprocal: None;
  Abs: None;
  Sin: None;
  Cos: None;
  Tanh: None;
  Erf: None;
  Sigmoid: None;
  Relu: None;
  Gelu: { approximate: "none" | "tanh" };
  MatMul: None;
  Transpose: { perm: readonly number[] };
  Reshape: { dims: readonly Dim[] };
  Expand: { dims: readonly Dim[] };
  Concat: { axis: number };
  Slice: { axis: number; start: number; end: number };
  Pad: { axis: number; before: number; after: number };
  Gather: None;
  GatherElements: { axis: number };
  ScatterElements: { axis: number };
  ScatterND: None;
  ReduceSum: { axes: readonly number[]; keepDims: boolean };
  ReduceMean: { axes: readonly number[]; keepDims: boolean };
  ReduceMax: { axes: readonly number[]; keepDims: boolean };
  CumSum: { axis: number; reverse: boolean };
  TopK: { size: Dim };
  Softmax: { axis: number };
  LogSoftmax: { axis: number };
  LayerNormalization: { epsilon: number };
}

export type OpName = keyof Attributes;

type ShapeRule<K extends OpName> = (inputs: readonly Signature[], attributes: Attributes[K], fail: Fail) => Signature[];
type Fail = (problem: string) => never;

/** Shape of an elementwise result: sizes agree, or one of them is 1. */
export function broadcastDims(a: readonly Dim[], b: readonly Dim[], fail: Fail): Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    return fail(`sizes ${left} and ${right} of axis ${axis} cannot be broadcast: ${formatDims(a)}, ${formatDims(b)}`);
  });
}

function expectType(value: Signature, dtype: DType, fail: Fail): void {
  if (value.dtype !== dtype) fail(`expected ${dtype}, received ${value.dtype} ${formatDims(value.dims)}`);
}

const elementwise =
  (result?: DType, operand?: DType): ShapeRule<OpName> =>
  ([a, b], _attributes, fail) => {
    if (a.dtype !== b.dtype) fail(`types differ: ${a.dtype} and ${b.dtype}`);
    if (operand) expectType(a, operand, fail);
    return [{ dtype: result ?? a.dtype, dims: broadcastDims(a.dims, b.dims, fail) }];
  };

const unary: ShapeRule<OpName> = ([x], _attributes, fail) => {
  expectType(x, "float32", fail);
  return [{ dtype: x.dtype, dims: x.dims }];
};

const reduce: ShapeRule<"ReduceSum" | "ReduceMean" | "ReduceMax"> = ([x], { axes, keepDims }, fail) => {
  expectType(x, "float32", fail);
  for (const axis of axes) if (axis < 0 || axis >= x.dims.length) fail(`no axis ${axis} in ${formatDims(x.dims)}`);
  const dims = x.dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  return [{ dtype: x.dtype, dims: keepDims ? dims : dims.filter((_, axis) => !axes.includes(axis)) }];
};

const alongAxis: ShapeRule<"Softmax" | "LogSoftmax" | "CumSum"> = ([x], { axis }, fail) => {
  expectType(x, "float32", fail);
  if (axis < 0 || axis >= x.dims.length) fail(`no axis ${axis} in ${formatDims(x.dims)}`);
  return [{ dtype: x.dtype, dims: x.dims }];
};

/** A total table: an operator without a rule is a compile error. */
export const shapeRules: { readonly [K in OpName]: ShapeRule<K> } = {
  Constant: (_inputs, { dims, dtype }) => [{ dtype, dims }],
  ConstantOfShape: (_inputs, { dims }) => [{ dtype: "float32", dims }],
  Shape: ([x]) => [{ dtype: "int64", dims: [x.dims.length] }],
  Cast: ([x], { to }) => [{ dtype: to, dims: x.dims }],
  Add: elementwise(),
  Sub: elementwise(),
  Mul: elementwise(),
  Div: elementwise(),
  Min: elementwise(),
  Max: elementwise(),
  Equal: elementwise("bool"),
  Less: elementwise("bool"),
  Greater: elementwise("bool"),
  And: elementwise("bool", "bool"),
  Not: ([x], _attributes, fail) => {
    expectType(x, "bool", fail);
    return [{ dtype: "bool", dims: x.dims }];
  },
  Where: ([condition, a, b], _attributes, fail) => {
    expectType(condition, "bool", fail);
    if (a.dtype !== b.dtype) fail(`types differ: ${a.dtype} and ${b.dtype}`);
    return [{ dtype: a.dtype, dims: broadcastDims(condition.dims, broadcastDims(a.dims, b.dims, fail), fail) }];
  },
  Identity: ([x]) => [{ dtype: x.dtype, dims: x.dims }],
  Neg: unary,
  Exp: unary,
  Log: unary,
  Sqrt: unary,
  Reciprocal: unary,
  Abs: unary,
  Sin: unary,
  Cos: unary,
  Tanh: unary,
  Erf: unary,
  Sigmoid: unary,
  Relu: unary,
  Gelu: unary,
  MatMul: ([a, b], _attributes, fail) => {
    expectType(a, "float32", fail);
    expectType(b, "float32", fail);
    if (a.dims.length < 2 || b.dims.length < 2)
      fail(`needs at least two axes each: a ${formatDims(a.dims)}, b ${formatDims(b.dims)}`);
    const inner = a.dims[a.dims.length - 1];
    if (inner !== b.dims[b.dims.length - 2])
      fail(
        `inner sizes differ: a ${formatDims(a.dims)} ends in ${inner}, b ${formatDims(b.dims)} begins with ${b.dims[b.dims.length - 2]}`,
      );
    const batch = broadcastDims(a.dims.slice(0, -2), b.dims.slice(0, -2), fail);
    return [{ dtype: "float32", dims: [...batch, a.dims[a.dims.length - 2], b.dims[b.dims.length - 1]] }];
  },
  Transpose: ([x], { perm }, fail) => {
    if ([...perm].sort((i, j) => i - j).join() !== x.dims.map((_, axis) => axis).join())
      fail(`${formatDims(perm)} is not a permutation of the axes of ${formatDims(x.dims)}`);
    return [{ dtype: x.dtype, dims: perm.map((axis) => x.dims[axis]) }];
  },
  Reshape: ([x], { dims }, fail) => {
    if (multiplyDims(dims) !== multiplyDims(x.dims)) fail(`${formatDims(x.dims)} cannot become ${formatDims(dims)}`);
    return [{ dtype: x.dtype, dims }];
  },
  Expand: ([x], { dims }, fail) => {
    if (!sameDims(broadcastDims(x.dims, dims, fail), dims))
      fail(`${formatDims(x.dims)} is larger than ${formatDims(dims)}`);
    return [{ dtype: x.dtype, dims }];
  },
  Concat: (inputs, { axis }, fail) => {
    const [first, ...rest] = inputs;
    if (axis < 0 || axis >= first.dims.length) fail(`no axis ${axis} in ${formatDims(first.dims)}`);
    for (const other of rest)
      if (
        other.dtype !== first.dtype ||
        other.dims.length !== first.dims.length ||
        other.dims.some((dim, i) => i !== axis && dim !== first.dims[i])
      )
        fail(`shapes differ outside axis ${axis}: ${inputs.map((x) => formatDims(x.dims)).join(", ")}`);
    const joined = addDims(inputs.map((x) => x.dims[axis]));
    return [{ dtype: first.dtype, dims: first.dims.map((dim, i) => (i === axis ? joined : dim)) }];
  },
  Slice: ([x], { axis, start, end }, fail) => {
    const size = x.dims[axis];
    if (typeof size !== "number" || start < 0 || end > size || start >= end)
      return fail(`[${start}, ${end}) of axis ${axis} is not inside ${formatDims(x.dims)}`);
    return [{ dtype: x.dtype, dims: x.dims.map((dim, i) => (i === axis ? end - start : dim)) }];
  },
  Pad: ([x], { axis, before, after }, fail) => {
    const size = x.dims[axis];
    if (typeof size !== "number") return fail(`axis ${axis} of ${formatDims(x.dims)} has no fixed size`);
    return [{ dtype: x.dtype, dims: x.dims.map((dim, i) => (i === axis ? before + size + after : dim)) }];
  },
  Gather: ([table, indices], _attributes, fail) => {
    expectType(indices, "int64", fail);
    return [{ dtype: table.dtype, dims: [...indices.dims, ...table.dims.slice(1)] }];
  },
  GatherElements: ([x, indices], { axis }, fail) => {
    expectType(indices, "int64", fail);
    if (x.dims.length !== indices.dims.length || x.dims.some((dim, i) => i !== axis && dim !== indices.dims[i]))
      fail(`indices ${formatDims(indices.dims)} do not fit ${formatDims(x.dims)} outside axis ${axis}`);
    return [{ dtype: x.dtype, dims: indices.dims }];
  },
  ScatterElements: ([x, indices, updates], { axis }, fail) => {
    expectType(indices, "int64", fail);
    if (!sameDims(indices.dims, updates.dims) || x.dims.some((dim, i) => i !== axis && dim !== indices.dims[i]))
      fail(`indices ${formatDims(indices.dims)}, updates ${formatDims(updates.dims)} do not fit ${formatDims(x.dims)}`);
    return [{ dtype: x.dtype, dims: x.dims }];
  },
  ScatterND: ([x, indices, updates], _attributes, fail) => {
    expectType(indices, "int64", fail);
    const expected = [...indices.dims.slice(0, -1), ...x.dims.slice(1)];
    if (indices.dims[indices.dims.length - 1] !== 1 || !sameDims(updates.dims, expected))
      fail(
        `indices ${formatDims(indices.dims)}, updates ${formatDims(updates.dims)} do not address rows of ${formatDims(x.dims)}`,
      );
    return [{ dtype: x.dtype, dims: x.dims }];
  },
  ReduceSum: reduce,
  ReduceMean: reduce,
  ReduceMax: reduce,
  CumSum: alongAxis,
  TopK: ([x, k], { size }, fail) => {
    expectType(x, "float32", fail);
    expectType(k, "int64", fail);
    if (x.dims.length === 0) fail("expected at least one axis, received a scalar");
    const width = x.dims[x.dims.length - 1];
    if (typeof size === "number" && typeof width === "number" && (size < 1 || size > width))
      fail(`expected 1 to ${width} values to keep, the size of the last axis, received ${size}`);
    const dims = [...x.dims.slice(0, -1), size];
    return [
      { dtype: "float32", dims },
      { dtype: "int64", dims },
    ];
  },
  Softmax: alongAxis,
  LogSoftmax: alongAxis,
  LayerNormalization: ([x, scale, bias], _attributes, fail) => {
    const width = x.dims[x.dims.length - 1];
    if (!sameDims(scale.dims, [width]) || !sameDims(bias.dims, [width]))
      fail(
        `scale ${formatDims(scale.dims)} and bias ${formatDims(bias.dims)} must be [${width}] for x ${formatDims(x.dims)}`,
      );
    const statistics: Signature = { dtype: "float32", dims: [...x.dims.slice(0, -1), 1] };
    return [{ dtype: "float32", dims: x.dims }, statistics, statistics];
  },
};

/**
 * Types and shapes of a node's outputs.
 * @throws ShapeError that names operator, shapes and place.
 */
export function inferSignatures<K extends OpName>(
  op: K,
  inputs: readonly Signature[],
  attributes: Attributes[K],
  place: string,
): Signature[] {
  const fail = (problem: string): never => {
    throw new ShapeError(`${op}: ${problem}`, { at: place || undefined });
  };
  return shapeRules[op](inputs, attributes, fail);
}

/** Axes given from the end become axes from the front, in ascending order. */
export function normaliseAxes(axes: readonly number[], rank: number): number[] {
  return axes.map((axis) => normaliseAxis(axis, rank)).sort((a, b) => a - b);
}
