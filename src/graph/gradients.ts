/**
 * The gradient of every operator, as one total table: an operator without a rule is a compile
 * error. A rule receives the gradient of the node's first output (no other output carries one) and
 * returns one per input: the gradient in the *output's* broadcast shape, or null where none exists.
 * The reverse walk sums it back.
 */
import { ShapeError } from "../errors.js";
import type { Graph } from "./builder.js";
import { formatDims } from "./dims.js";
import type { OpName } from "./op.js";
import { toLeftFactor, toLogSoftmaxOfChosen, toRightFactor } from "./structured-gradients.js";
import type { Node, Value } from "./value.js";

export type GradientRule<K extends OpName = OpName> = (
  g: Graph,
  node: Node<K>,
  gradient: Value,
) => readonly (Value | null)[];

/** Comparisons, indices and shapes: piecewise constant, so no gradient passes. */
const noGradient: GradientRule = (_g, node) => node.inputs.map(() => null);

const twoOverRootPi = 2 / Math.sqrt(Math.PI);
const rootTwoOverPi = Math.sqrt(2 / Math.PI);

/** A reduced gradient gets its reduced axes back, as size 1. */
function restoreAxes(g: Graph, node: Node<"ReduceSum" | "ReduceMean" | "ReduceMax">, reduced: Value): Value {
  if (node.attributes.keepDims) return reduced;
  return [...node.attributes.axes].sort((a, b) => a - b).reduce((value, axis) => g.unsqueeze(value, axis), reduced);
}

/** The gradient goes to the selected operand; for a tie in Min and Max, to b. */
function choose(g: Graph, aWins: Value, gradient: Value): [Value, Value] {
  const zero = g.scalar(0);
  return [g.where(aWins, gradient, zero), g.where(aWins, zero, gradient)];
}

export const gradientRules: { readonly [K in OpName]: GradientRule<K> } = {
  Constant: noGradient,
  ConstantOfShape: noGradient,
  Shape: noGradient,
  Equal: noGradient,
  Less: noGradient,
  Greater: noGradient,
  And: noGradient,
  Not: noGradient,
  Identity: noGradient,
  Cast: (_g, { inputs }, gradient) => [inputs[0].dtype === "float32" ? gradient : null],
  Add: (_g, _node, gradient) => [gradient, gradient],
  Sub: (g, _node, gradient) => [gradient, g.neg(gradient)],
  Mul: (g, { inputs: [a, b] }, gradient) =>
    a === b ? [g.mul(g.scale(gradient, 2), a), null] : [g.mul(gradient, b), g.mul(gradient, a)],
  Div: (g, { inputs: [, b], outputs: [y] }, gradient) => {
    const scaled = g.div(gradient, b);
    return [scaled, g.neg(g.mul(scaled, y))];
  },
  Min: (g, { inputs: [a, b] }, gradient) => choose(g, g.less(a, b), gradient),
  Max: (g, { inputs: [a, b] }, gradient) => choose(g, g.greater(a, b), gradient),
  Where: (g, { inputs: [condition] }, gradient) => [null, ...choose(g, condition, gradient)],
  Neg: (g, _node, gradient) => [g.neg(gradient)],
  Exp: (g, { outputs: [y] }, gradient) => [g.mul(gradient, y)],
  Log: (g, { inputs: [x] }, gradient) => [g.div(gradient, x)],
  Sqrt: (g, { outputs: [y] }, gradient) => [g.div(g.scale(gradient, 0.5), y)],
  Reciprocal: (g, { outputs: [y] }, gradient) => [g.neg(g.mul(gradient, g.square(y)))],
  Abs: (g, { inputs: [x] }, gradient) => [
    g.mul(gradient, g.sub(g.cast(g.greater(x, g.scalar(0)), "float32"), g.cast(g.less(x, g.scalar(0)), "float32"))),
  ],
  Sin: (g, { inputs: [x] }, gradient) => [g.mul(gradient, g.cos(x))],
  Cos: (g, { inputs: [x] }, gradient) => [g.neg(g.mul(gradient, g.sin(x)))],
  Tanh: (g, { outputs: [y] }, gradient) => [g.mul(gradient, g.sub(g.scalar(1), g.square(y)))],
  Erf: (g, { inputs: [x] }, gradient) => [g.mul(gradient, g.scale(g.exp(g.neg(g.square(x))), twoOverRootPi))],
  Sigmoid: (g, { outputs: [y] }, gradient) => [g.mul(gradient, g.mul(y, g.sub(g.scalar(1), y)))],
  // By a product with 0 and 1: ONNX Runtime's Where takes several times as long.
  Relu: (g, { outputs: [y] }, gradient) => [g.mul(gradient, g.cast(g.greater(y, g.scalar(0)), "float32"))],
  Gelu: (g, { inputs: [x], attributes }, gradient) => {
    if (attributes.approximate === "none") {
      // d/dx x Phi(x) = Phi(x) + x phi(x)
      const cumulative = g.shift(g.scale(g.erf(g.scale(x, Math.SQRT1_2)), 0.5), 0.5);
      const density = g.scale(g.exp(g.scale(g.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return [g.mul(gradient, g.add(cumulative, g.mul(x, density)))];
    }
    // 0.5 x (1 + tanh u) with u = sqrt(2/pi) (x + 0.044715 x^3)
    const squared = g.square(x);
    const t = g.tanh(g.scale(g.mul(x, g.shift(g.scale(squared, 0.044715), 1)), rootTwoOverPi));
    const slope = g.scale(g.shift(g.scale(squared, 3 * 0.044715), 1), rootTwoOverPi);
    const tail = g.mul(g.mul(x, g.sub(g.scalar(1), g.square(t))), slope);
    return [g.mul(gradient, g.scale(g.add(g.shift(t, 1), tail), 0.5))];
  },
  MatMul: (g, { inputs: [a, b] }, gradient) => [toLeftFactor(g, gradient, b), toRightFactor(g, a, gradient, b)],
  Transpose: (g, { attributes: { perm } }, gradient) => {
    const inverse: number[] = [];
    perm.forEach((axis, position) => {
      inverse[axis] = position;
    });
    return [g.transpose(gradient, inverse)];
  },
  Reshape: (g, { inputs: [x] }, gradient) => [g.reshapeLike(gradient, x), null],
  Expand: (_g, _node, gradient) => [gradient, null],
  Concat: (g, { inputs, attributes: { axis } }, gradient) => {
    let start = 0;
    return inputs.map((input) => {
      const size = input.dims[axis];
      if (typeof size !== "number")
        throw new ShapeError(
          `Concat: no gradient along an axis without fixed size: ${formatDims(input.dims)}, axis ${axis}`,
        );
      start += size;
      return g.slice(gradient, axis, start - size, start);
    });
  },
  Slice: (g, { inputs: [x], attributes: { axis, start, end } }, gradient) => [
    g.pad(gradient, axis, start, (x.dims[axis] as number) - end),
    null,
    null,
    null,
  ],
  Pad: (g, { inputs: [x], attributes: { axis, before } }, gradient) => [
    g.slice(gradient, axis, before, before + (x.dims[axis] as number)),
    null,
    null,
    null,
  ],
  Gather: (g, { inputs: [table, indices] }, gradient) => [
    g.scatterRows(g.filledLike(table, 0), g.unsqueeze(indices, -1), gradient),
    null,
  ],
  GatherElements: (g, { inputs: [x, indices], attributes: { axis } }, gradient) => [
    g.scatterElements(g.filledLike(x, 0), indices, gradient, axis),
    null,
  ],
  ScatterElements: (g, { inputs: [, indices], attributes: { axis } }, gradient) => [
    gradient,
    null,
    g.gatherElements(gradient, indices, axis),
  ],
  ScatterND: (g, { inputs: [, indices, updates] }, gradient) => [
    gradient,
    null,
    g.reshapeLike(g.gather(gradient, indices), updates),
  ],
  ReduceSum: (g, node, gradient) => [g.expandLike(restoreAxes(g, node, gradient), node.inputs[0]), null],
  ReduceMean: (g, node, gradient) => {
    const [x] = node.inputs;
    // The count may be known only at run time, so it is computed as a sum of ones.
    const ones = g.filledLike(x, 1);
    const count = g.reduceSum(ones, node.attributes.axes, true);
    return [g.expandLike(g.div(restoreAxes(g, node, gradient), count), x), null];
  },
  ReduceMax: (g, node, gradient) => {
    const [x] = node.inputs;
    // Ties share the gradient evenly, as in PyTorch's amax.
    const isMax = g.cast(g.equal(x, restoreAxes(g, node, node.outputs[0])), "float32");
    const share = g.div(isMax, g.reduceSum(isMax, node.attributes.axes, true));
    return [g.mul(share, restoreAxes(g, node, gradient)), null];
  },
  CumSum: (g, { attributes: { axis, reverse } }, gradient) => [g.cumSum(gradient, axis, !reverse), null],
  TopK: (g, { inputs: [x], outputs: [, indices] }, gradient) => [
    g.scatterElements(g.filledLike(x, 0), indices, gradient, -1),
    null,
  ],
  Softmax: (g, { outputs: [y], attributes: { axis } }, gradient) => {
    const weighted = g.mul(gradient, y);
    return [g.sub(weighted, g.mul(y, g.reduceSum(weighted, [axis], true)))];
  },
  LogSoftmax: (g, { outputs: [y], attributes: { axis } }, gradient) => [
    toLogSoftmaxOfChosen(g, y, gradient, axis) ?? g.sub(gradient, g.mul(g.exp(y), g.reduceSum(gradient, [axis], true))),
  ],
  LayerNormalization: (g, { inputs: [x, scale], outputs: [, mean, inverseDeviation] }, gradient) => {
    const normalised = g.mul(g.sub(x, mean), inverseDeviation);
    const scaled = g.mul(gradient, scale);
    const centred = g.sub(scaled, g.reduceMean(scaled, [-1], true));
    const along = g.mul(normalised, g.reduceMean(g.mul(scaled, normalised), [-1], true));
    return [g.mul(g.sub(centred, along), inverseDeviation), g.mul(gradient, normalised), gradient];
  },
};
