import { expect, test } from "vitest";
import { gradients } from "./backward.js";
import { Graph } from "./builder.js";
import { printGraph } from "./print.js";

test("a linear layer, gelu and a mean squared error", () => {
  const g = new Graph("regression");
  const x = g.input("x", ["batch", 2]);
  const weight = g.input("weight", [3, 2]);
  const bias = g.input("bias", [3]);
  const y = g.gelu(g.linear(x, weight, bias));
  g.output("loss", g.reduceMean(g.square(g.sub(y, g.input("target", ["batch", 3])))));
  expect(printGraph(g)).toMatchInlineSnapshot(`
    "x: float32 [batch, 2]
    weight: float32 [3, 2]
    bias: float32 [3]
    target: float32 [batch, 3]
    %0 = Transpose(weight, perm=1,0) : float32 [2, 3]
    %1 = MatMul(x, %0) : float32 [batch, 3]
    %2 = Add(%1, bias) : float32 [batch, 3]
    %3 = Gelu(%2, approximate=none) : float32 [batch, 3]
    %4 = Sub(%3, target) : float32 [batch, 3]
    %5 = Mul(%4, %4) : float32 [batch, 3]
    %6 = Constant(data=0,1) : int64 [2]
    %7 = ReduceMean(%5, %6, axes=0,1, keepDims=false) : float32 []
    return loss = %7"
  `);
});

test("the gradient of a linear layer: the weight's in its own layout, the bias's summed over rows", () => {
  const g = new Graph("linear");
  const x = g.input("x", ["batch", 2]);
  const weight = g.input("weight", [3, 2]);
  const bias = g.input("bias", [3]);
  const loss = g.reduceSum(g.linear(x, weight, bias));
  const [toWeight, toBias] = gradients(g, loss, [weight, bias]);
  g.output("toWeight", toWeight);
  g.output("toBias", toBias);
  expect(printGraph(g)).toMatchInlineSnapshot(`
    "x: float32 [batch, 2]
    weight: float32 [3, 2]
    bias: float32 [3]
    %0 = Transpose(weight, perm=1,0) : float32 [2, 3]
    %1 = MatMul(x, %0) : float32 [batch, 3]
    %2 = Add(%1, bias) : float32 [batch, 3]
    %3 = Constant(data=1) : float32 []
    %4 = Constant(data=1) : int64 [1]
    %5 = Reshape(%3, %4) : float32 [1]
    %6 = Constant(data=1,1) : int64 [2]
    %7 = Reshape(%5, %6) : float32 [1, 1]
    %8 = Shape(%2) : int64 [2]
    %9 = Expand(%7, %8) : float32 [batch, 3]
    %10 = Constant(data=0) : int64 [1]
    %11 = Constant(data=1) : int64 [1]
    %12 = Constant(data=1) : int64 [1]
    %13 = Slice(%9, %10, %11, %12, axis=1, start=0, end=1) : float32 [batch, 1]
    %14 = Shape(%13) : int64 [2]
    %15 = ConstantOfShape(%14, value=1) : float32 [batch, 1]
    %16 = Transpose(%15, perm=1,0) : float32 [1, batch]
    %17 = MatMul(%16, %9) : float32 [1, 3]
    %18 = Constant(data=3) : int64 [1]
    %19 = Reshape(%17, %18) : float32 [3]
    %20 = Transpose(%9, perm=1,0) : float32 [3, batch]
    %21 = MatMul(%20, x) : float32 [3, 2]
    return toWeight = %21
    return toBias = %19"
  `);
});

test("gradients of a target's log-probability never have the factors of rows multiplied into the matrix of the vocabulary", () => {
  const g = new Graph("cross-entropy");
  const states = g.input("states", ["rows", 2]);
  const weight = g.input("weight", [5, 2]);
  const targets = g.input("targets", ["rows", 1], "int64");
  const factors = g.input("factors", ["rows", 1]);
  const chosen = g.gatherElements(g.logSoftmax(g.linear(states, weight)), targets, 1);
  const [toStates, toWeight] = gradients(g, g.reduceSum(g.mul(factors, chosen)), [states, weight]);
  g.output("toStates", toStates);
  g.output("toWeight", toWeight);
  expect(printGraph(g)).toMatchInlineSnapshot(`
    "states: float32 [rows, 2]
    weight: float32 [5, 2]
    targets: int64 [rows, 1]
    factors: float32 [rows, 1]
    %0 = Transpose(weight, perm=1,0) : float32 [2, 5]
    %1 = MatMul(states, %0) : float32 [rows, 5]
    %2 = LogSoftmax(%1, axis=1) : float32 [rows, 5]
    %3 = Constant(data=1) : float32 []
    %4 = Constant(data=1) : int64 [1]
    %5 = Reshape(%3, %4) : float32 [1]
    %6 = Constant(data=1,1) : int64 [2]
    %7 = Reshape(%5, %6) : float32 [1, 1]
    %8 = Mul(%7, factors) : float32 [rows, 1]
    %9 = Exp(%2) : float32 [rows, 5]
    %10 = Shape(%8) : int64 [2]
    %11 = ConstantOfShape(%10, value=-1) : float32 [rows, 1]
    %12 = ScatterElements(%9, targets, %11, axis=1) : float32 [rows, 5]
    %13 = Neg(%8) : float32 [rows, 1]
    %14 = MatMul(%12, weight) : float32 [rows, 2]
    %15 = Mul(%14, %13) : float32 [rows, 2]
    %16 = Mul(states, %13) : float32 [rows, 2]
    %17 = Transpose(%12, perm=1,0) : float32 [5, rows]
    %18 = MatMul(%17, %16) : float32 [5, 2]
    return toStates = %15
    return toWeight = %18"
  `);
});
