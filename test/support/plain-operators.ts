/** Every operator once more, in plain double precision: what the engine is measured against. */
import type { Graph } from "../../src/graph/builder.js";
import type { Attributes, OpName } from "../../src/graph/op.js";
import { neededNodes } from "../../src/graph/prune.js";
import type { Node, Value } from "../../src/graph/value.js";
import { elementCount } from "../../src/runtime/tensor.js";

/** Row-major values; booleans are 0 and 1. */
export interface Plain {
  readonly dims: readonly number[];
  readonly data: readonly number[];
}

type Reference<K extends OpName> = (inputs: readonly Plain[], attributes: Attributes[K]) => Plain[];

/** Row-major coordinates of a flat index. */
function coordinates(flat: number, dims: readonly number[]): number[] {
  const result = new Array<number>(dims.length);
  let rest = flat;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    result[axis] = rest % dims[axis];
    rest = Math.floor(rest / dims[axis]);
  }
  return result;
}

function flatIndex(at: readonly number[], dims: readonly number[]): number {
  return dims.reduce((flat, size, axis) => flat * size + at[axis], 0);
}

/** The element at coordinates of a shape that x is broadcast to. */
function stretched(x: Plain, at: readonly number[]): number {
  const own = at.slice(at.length - x.dims.length).map((position, axis) => (x.dims[axis] === 1 ? 0 : position));
  return x.data[flatIndex(own, x.dims)];
}

function build(dims: readonly number[], valueAt: (at: number[]) => number): Plain {
  return { dims, data: Array.from({ length: elementCount(dims) }, (_, flat) => valueAt(coordinates(flat, dims))) };
}

function commonDims(...shapes: (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((dims) => dims.length));
  const sizesAt = (axis: number): number[] => shapes.map((dims) => dims[axis - rank + dims.length] ?? 1);
  return Array.from({ length: rank }, (_, axis) => sizesAt(axis).find((size) => size !== 1) ?? 1);
}

const elementwise =
  (f: (...values: number[]) => number): ((inputs: readonly Plain[]) => Plain[]) =>
  (inputs) => [build(commonDims(...inputs.map((x) => x.dims)), (at) => f(...inputs.map((x) => stretched(x, at))))];

const reduce =
  (f: (values: number[]) => number) =>
  ([x]: readonly Plain[], { axes, keepDims }: Attributes["ReduceSum"]): Plain[] => {
    const kept = x.dims.map((size, axis) => (axes.includes(axis) ? 1 : size));
    const groups = Array.from({ length: elementCount(kept) }, (): number[] => []);
    x.data.forEach((value, flat) => {
      const at = coordinates(flat, x.dims).map((position, axis) => (axes.includes(axis) ? 0 : position));
      groups[flatIndex(at, kept)].push(value);
    });
    return [{ dims: keepDims ? kept : x.dims.filter((_, axis) => !axes.includes(axis)), data: groups.map(f) }];
  };

/** Replaces every line of x along an axis. */
const alongAxis =
  (f: (line: number[], attributes: { reverse?: boolean }) => number[]) =>
  ([x]: readonly Plain[], attributes: { axis: number; reverse?: boolean }): Plain[] => [
    build(x.dims, (at) => {
      const { axis } = attributes;
      const line = Array.from({ length: x.dims[axis] }, (_, i) => x.data[flatIndex(at.with(axis, i), x.dims)]);
      return f(line, attributes)[at[axis]];
    }),
  ];

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Taylor's series; exact to 1e-12 for |x| < 3. */
export function erf(x: number): number {
  let term = x;
  let total = x;
  for (let n = 1; n < 100; n++) {
    term *= (-x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}

function softmax(line: number[]): number[] {
  const total = sum(line.map(Math.exp));
  return line.map((value) => Math.exp(value) / total);
}

function scatter(x: Plain, targets: readonly number[], updates: Plain): Plain[] {
  const data = [...x.data];
  updates.data.forEach((update, i) => {
    data[targets[i]] += update;
  });
  return [{ dims: x.dims, data }];
}

export const reference: { readonly [K in OpName]: Reference<K> } = {
  Constant: (_inputs, { dims, data }) => [{ dims, data: Array.from(data, Number) }],
  ConstantOfShape: ([shape], { value }) => [build(shape.data, () => value)],
  Shape: ([x]) => [{ dims: [x.dims.length], data: x.dims }],
  Cast: ([x], { to }) => [build(x.dims, (at) => cast(stretched(x, at), to))],
  Add: elementwise((a, b) => a + b),
  Sub: elementwise((a, b) => a - b),
  Mul: elementwise((a, b) => a * b),
  Div: elementwise((a, b) => a / b),
  Min: elementwise(Math.min),
  Max: elementwise(Math.max),
  Equal: elementwise((a, b) => Number(a === b)),
  Less: elementwise((a, b) => Number(a < b)),
  Greater: elementwise((a, b) => Number(a > b)),
  And: elementwise((a, b) => a * b),
  Not: elementwise((x) => 1 - x),
  Where: elementwise((condition, a, b) => (condition ? a : b)),
  Identity: ([x]) => [x],
  Neg: elementwise((x) => -x),
  Exp: elementwise(Math.exp),
  Log: elementwise(Math.log),
  Sqrt: elementwise(Math.sqrt),
  Reciprocal: elementwise((x) => 1 / x),
  Abs: elementwise(Math.abs),
  Sin: elementwise(Math.sin),
  Cos: elementwise(Math.cos),
  Tanh: elementwise(Math.tanh),
  Erf: elementwise(erf),
  Sigmoid: elementwise((x) => 1 / (1 + Math.exp(-x))),
  Relu: elementwise((x) => Math.max(0, x)),
  Gelu: (inputs, { approximate }) =>
    elementwise((x) =>
      approximate === "tanh"
        ? 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
        : 0.5 * x * (1 + erf(x / Math.SQRT2)),
    )(inputs),
  MatMul: ([a, b]) => {
    const [rows, inner, columns] = [a.dims.at(-2)!, a.dims.at(-1)!, b.dims.at(-1)!];
    const batch = commonDims(a.dims.slice(0, -2), b.dims.slice(0, -2));
    return [
      build([...batch, rows, columns], (at) => {
        const [outer, row, column] = [at.slice(0, -2), at.at(-2)!, at.at(-1)!];
        return sum(
          Array.from(
            { length: inner },
            (_, i) => stretched(a, [...outer, row, i]) * stretched(b, [...outer, i, column]),
          ),
        );
      }),
    ];
  },
  Transpose: ([x], { perm }) => [
    build(
      perm.map((axis) => x.dims[axis]),
      (at) =>
        x.data[
          flatIndex(
            x.dims.map((_, axis) => at[perm.indexOf(axis)]),
            x.dims,
          )
        ],
    ),
  ],
  Reshape: ([x, target]) => {
    const dims = target.data.map((size, axis) => (size === 0 ? x.dims[axis] : size));
    const open = elementCount(x.dims) / -elementCount(dims);
    return [{ dims: dims.map((size) => (size === -1 ? open : size)), data: x.data }];
  },
  Expand: ([x, shape]) => [build(commonDims(x.dims, shape.data), (at) => stretched(x, at))],
  Concat: (inputs, { axis }) => {
    const joined = sum(inputs.map((x) => x.dims[axis]));
    return [
      build(inputs[0].dims.with(axis, joined), (at) => {
        let part = 0;
        let position = at[axis];
        while (position >= inputs[part].dims[axis]) position -= inputs[part++].dims[axis];
        return inputs[part].data[flatIndex(at.with(axis, position), inputs[part].dims)];
      }),
    ];
  },
  Slice: ([x], { axis, start, end }) => [
    build(x.dims.with(axis, end - start), (at) => x.data[flatIndex(at.with(axis, at[axis] + start), x.dims)]),
  ],
  Pad: ([x], { axis, before, after }) => [
    build(x.dims.with(axis, before + x.dims[axis] + after), (at) => {
      const position = at[axis] - before;
      return position < 0 || position >= x.dims[axis] ? 0 : x.data[flatIndex(at.with(axis, position), x.dims)];
    }),
  ],
  Gather: ([table, indices]) => [
    build([...indices.dims, ...table.dims.slice(1)], (at) => {
      const row = indices.data[flatIndex(at.slice(0, indices.dims.length), indices.dims)];
      return table.data[flatIndex([row, ...at.slice(indices.dims.length)], table.dims)];
    }),
  ],
  GatherElements: ([x, indices], { axis }) => [
    build(indices.dims, (at) => x.data[flatIndex(at.with(axis, stretched(indices, at)), x.dims)]),
  ],
  ScatterElements: ([x, indices, updates], { axis }) =>
    scatter(
      x,
      indices.data.map((index, flat) => flatIndex(coordinates(flat, indices.dims).with(axis, index), x.dims)),
      updates,
    ),
  ScatterND: ([x, indices, updates]) => {
    const row = elementCount(x.dims.slice(1));
    return scatter(
      x,
      updates.data.map((_, i) => indices.data[Math.floor(i / row)] * row + (i % row)),
      updates,
    );
  },
  ReduceSum: reduce(sum),
  ReduceMean: reduce((values) => sum(values) / values.length),
  ReduceMax: reduce((values) => Math.max(...values)),
  CumSum: alongAxis((line, { reverse }) => line.map((_, i) => sum(reverse ? line.slice(i) : line.slice(0, i + 1)))),
  TopK: ([x, k]) => {
    const [width, count] = [x.dims[x.dims.length - 1], k.data[0]];
    const starts = Array.from({ length: x.data.length / width }, (_, row) => row * width);
    const order = (start: number): number[] =>
      Array.from({ length: width }, (_, i) => i)
        .sort((i, j) => x.data[start + j] - x.data[start + i] || i - j)
        .slice(0, count);
    const dims = [...x.dims.slice(0, -1), count];
    return [
      { dims, data: starts.flatMap((start) => order(start).map((i) => x.data[start + i])) },
      { dims, data: starts.flatMap(order) },
    ];
  },
  Softmax: alongAxis(softmax),
  LogSoftmax: alongAxis((line) => softmax(line).map(Math.log)),
  LayerNormalization: ([x, scale, bias], { epsilon }) => {
    const axis = x.dims.length - 1;
    const [mean] = reduce((values) => sum(values) / values.length)([x], { axes: [axis], keepDims: true });
    const centred = build(x.dims, (at) => stretched(x, at) - stretched(mean, at));
    const inverseDeviation = reduce((values) => 1 / Math.sqrt(sum(values.map((v) => v * v)) / values.length + epsilon));
    const [inverse] = inverseDeviation([centred], { axes: [axis], keepDims: true });
    const y = elementwise((value, factor, weight, shift) => value * factor * weight + shift)([
      centred,
      inverse,
      scale,
      bias,
    ]);
    return [...y, mean, inverse];
  },
};

function cast(value: number, to: "float32" | "int64" | "bool"): number {
  if (to === "float32") return value;
  return to === "int64" ? Math.trunc(value) : Number(value !== 0);
}

/** The graph's outputs by name, from its inputs by name. */
export function evaluate(graph: Graph, feeds: Readonly<Record<string, Plain>>): Record<string, Plain> {
  const known = new Map<Value, Plain>(graph.inputs.map((input) => [input, feeds[input.name!]]));
  for (const node of neededNodes(graph)) {
    const rule = reference[node.op] as (inputs: readonly Plain[], attributes: Node["attributes"]) => Plain[];
    const inputs = node.inputs.map((input) => known.get(input)!);
    for (const [i, output] of rule(inputs, node.attributes).entries()) known.set(node.outputs[i], output);
  }
  return Object.fromEntries(graph.outputs.map(({ name, value }) => [name, known.get(value)!]));
}
