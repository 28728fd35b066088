import { expect, test } from "vitest";
import { gradients } from "./backward.js";
import { Graph } from "./builder.js";
import { lower } from "./lower.js";
import { printGraph } from "./print.js";

test("softmax becomes exponentials over their sum; places and names stay", () => {
  const g = new Graph("attention");
  const x = g.input("x", ["rows", 3]);
  g.output(
    "y",
    g.at("layers.0", () => g.softmax(x)),
  );
  const lowered = lower(g);
  expect(printGraph(lowered)).toMatchInlineSnapshot(`
    "x: float32 [rows, 3]
    %0 = Constant(data=1) : int64 [1]
    %1 = ReduceMax(x, %0, axes=1, keepDims=true) : float32 [rows, 1]
    %2 = Sub(x, %1) : float32 [rows, 3]
    %3 = Exp(%2) : float32 [rows, 3]
    %4 = Constant(data=1) : int64 [1]
    %5 = ReduceSum(%3, %4, axes=1, keepDims=true) : float32 [rows, 1]
    %6 = Div(%3, %5) : float32 [rows, 3]
    return y = %6"
  `);
  expect(new Set(lowered.nodes.map(({ place }) => place))).toEqual(new Set(g.nodes.map(({ place }) => place)));
  expect(lowered.name).toBe("attention");
});

test("log-softmax becomes differences, and its gradient reads the same value", () => {
  const g = new Graph("loss");
  const x = g.input("x", ["rows", 3]);
  const y = g.logSoftmax(x);
  g.output("gradient", gradients(g, g.reduceSum(g.square(y)), [x])[0]);
  expect(printGraph(lower(g))).toMatchInlineSnapshot(`
    "x: float32 [rows, 3]
    %0 = Constant(data=1) : int64 [1]
    %1 = ReduceMax(x, %0, axes=1, keepDims=true) : float32 [rows, 1]
    %2 = Sub(x, %1) : float32 [rows, 3]
    %3 = Exp(%2) : float32 [rows, 3]
    %4 = Constant(data=1) : int64 [1]
    %5 = ReduceSum(%3, %4, axes=1, keepDims=true) : float32 [rows, 1]
    %6 = Log(%5) : float32 [rows, 1]
    %7 = Sub(%2, %6) : float32 [rows, 3]
    %8 = Constant(data=1) : float32 []
    %9 = Constant(data=1) : int64 [1]
    %10 = Reshape(%8, %9) : float32 [1]
    %11 = Constant(data=1,1) : int64 [2]
    %12 = Reshape(%10, %11) : float32 [1, 1]
    %13 = Constant(data=2) : float32 []
    %14 = Mul(%12, %13) : float32 [1, 1]
    %15 = Mul(%14, %7) : float32 [rows, 3]
    %16 = Exp(%7) : float32 [rows, 3]
    %17 = Constant(data=1) : int64 [1]
    %18 = ReduceSum(%15, %17, axes=1, keepDims=true) : float32 [rows, 1]
    %19 = Mul(%16, %18) : float32 [rows, 3]
    %20 = Sub(%15, %19) : float32 [rows, 3]
    return gradient = %20"
  `);
});

test("constants of a shape and circular functions are left to ONNX Runtime, but not on a device", () => {
  const g = new Graph("angles");
  const x = g.input("x", ["rows"]);
  g.output("y", g.mul(g.filledLike(x, 2), g.sin(x)));
  const ops = (graph: Graph) => new Set(graph.nodes.map(({ op }) => op));
  expect(ops(lower(g))).toEqual(ops(g));
  const onDevice = ops(lower(g, { device: true }));
  expect(onDevice).not.toContain("ConstantOfShape");
  expect(onDevice).not.toContain("Sin");
  expect(onDevice).toContain("Expand");
});
