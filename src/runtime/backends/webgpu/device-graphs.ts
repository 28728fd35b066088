/** The graphs by which tensors in the device's memory are copied, changed and trained. */
import { Graph } from "../../../graph/builder.js";
import type { Value } from "../../../graph/value.js";

/** y = x, both [n]. */
export function copyGraph(): Graph {
  const g = new Graph("copy");
  g.output("y", g.withoutGradient(g.input("x", ["n"])));
  return g;
}

/** y = 0 of the size of x [n]. */
export function zeroGraph(): Graph {
  const g = new Graph("zeros");
  g.output("y", g.apply("Expand", [g.scalar(0), g.shape(g.input("x", ["n"]))], { dims: ["n"] })[0]);
  return g;
}

/** Each name's tensor `x/NAME` [n, width] and what becomes of it, `y/NAME`. */
function eachTensor(g: Graph, names: readonly string[], change: (x: Value, name: string, i: number) => Value): Graph {
  names.forEach((name, i) => {
    g.output(`y/${name}`, change(g.input(`x/${name}`, [`n${i}`, `width${i}`]), name, i));
  });
  return g;
}

/**
 * Rows `rows/NAME` [k, width] are added to the rows `at` [k, 1] of each tensor. Where y and x share memory
 * no other row is touched.
 */
export function addRowsGraph(names: readonly string[]): Graph {
  const g = new Graph("add rows");
  const at = g.input("at", ["k", 1], "int64");
  return eachTensor(g, names, (x, name, i) => g.scatterRows(x, at, g.input(`rows/${name}`, ["k", `width${i}`])));
}

/** The rows `at` [k, 1], which differ, become 0: of each its own values are taken away. In place as `addRowsGraph`. */
export function clearRowsGraph(names: readonly string[]): Graph {
  const g = new Graph("clear rows");
  const at = g.input("at", ["k", 1], "int64");
  const flat = g.reshape(at, ["k"]);
  return eachTensor(g, names, (x) => g.scatterRows(x, at, g.neg(g.gather(x, flat))));
}

/** y [a, m + n, b] = x [a, m, b] and then `more` [a, n, b]. */
export function growGraph(): Graph {
  const g = new Graph("grow");
  g.output("y", g.concat([g.input("x", ["a", "m", "b"]), g.input("more", ["a", "n", "b"])], 1));
  return g;
}

/** total' = total + the sum of squares of x [rows, width], a row at a time. */
export function squaresGraph(): Graph {
  const g = new Graph("sum of squares");
  const rows = g.reduceSum(g.square(g.input("x", ["rows", "width"])), [1]);
  g.output("sum", g.add(g.input("total", [1]), g.reduceSum(rows, [0], true)));
  return g;
}

/** The scalars of a step, in their order in the input `scalars` [8]. */
export const adamScalars = [
  ...["scale", "oneMinusBeta1", "beta2", "oneMinusBeta2", "epsilon", "keep", "stepSize", "inverseRootCorrection"],
] as const;

/** One step of Adam on a tensor [n], as `AdamKernel.adam` takes it. */
export function adamGraph(): Graph {
  const g = new Graph("Adam");
  const [p, gradient, m, v] = ["p", "g", "m", "v"].map((name) => g.input(name, ["n"]));
  const scalars = g.input("scalars", [adamScalars.length]);
  const [scale, c1, b2, c2, epsilon, keep, stepSize, root] = adamScalars.map((_, i) => g.slice(scalars, 0, i, i + 1));
  const scaled = g.mul(gradient, scale);
  const first = g.add(m, g.mul(c1, g.sub(scaled, m)));
  const second = g.add(g.mul(v, b2), g.mul(g.mul(c2, scaled), scaled));
  const step = g.div(g.mul(stepSize, first), g.add(g.mul(g.sqrt(second), root), epsilon));
  g.output("nextP", g.sub(g.mul(p, keep), step));
  g.output("nextM", first);
  g.output("nextV", second);
  return g;
}
