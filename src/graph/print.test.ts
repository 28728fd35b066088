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

test("the log-probability of a target, and its gradient", () => {
  const g = new Graph("cross-entropy");
  const logits = g.input("logits", ["rows", 5]);
  const targets = g.input("targets", ["rows", 1], "int64");
  const loss = g.neg(g.reduceSum(g.gatherElements(g.logSoftmax(logits), targets, 1)));
  g.output("loss", loss);
  g.output("gradient", gradients(g, loss, [logits])[0]);
  expect(printGraph(g)).toMatchInlineSnapshot(`
    "logits: float32 [rows, 5]
    targets: int64 [rows, 1]
    %0 = LogSoftmax(logits, axis=1) : float32 [rows, 5]
    %1 = GatherElements(%0, targets, axis=1) : float32 [rows, 1]
    %2 = Constant(data=0,1) : int64 [2]
    %3 = ReduceSum(%1, %2, axes=0,1, keepDims=false) : float32 []
    %4 = Neg(%3) : float32 []
    %5 = Constant(data=1) : float32 []
    %6 = Neg(%5) : float32 []
    %7 = Constant(data=1) : int64 [1]
    %8 = Reshape(%6, %7) : float32 [1]
    %9 = Constant(data=1,1) : int64 [2]
    %10 = Reshape(%8, %9) : float32 [1, 1]
    %11 = Shape(%1) : int64 [2]
    %12 = Expand(%10, %11) : float32 [rows, 1]
    %13 = Constant(data=1) : int64 [1]
    %14 = ReduceSum(%12, %13, axes=1, keepDims=true) : float32 [rows, 1]
    %15 = Exp(%0) : float32 [rows, 5]
    %16 = Neg(%14) : float32 [rows, 1]
    %17 = Mul(%15, %16) : float32 [rows, 5]
    %18 = ScatterElements(%17, targets, %12, axis=1) : float32 [rows, 5]
    return loss = %4
    return gradient = %18"
  `);
});
