/**
 * Rewrites a graph in the operators that ONNX Runtime is given.
 *
 * Its softmax and log-softmax add in the order of the processor's vectors, so AVX2 and AVX-512 differ in the last bits, which
 * tuning amplifies to another reward. They are written as maxima, exponentials, sums and quotients, whose bits do not depend on the
 * processor; so are those of all other operators (test/contract/processors.test.ts). On a device, operators that its provider lacks
 * would run on the CPU, with a copy there and back; sine and cosine are too coarse there.
 */
import { Graph } from "./builder.js";
import type { OpName } from "./op.js";
import { neededNodes } from "./prune.js";
import { isOp, type Node, type Value } from "./value.js";

/** x [..] less its largest element along the axis, whose exponential does not overflow. */
function shifted(g: Graph, x: Value, axis: number): Value {
  return g.sub(x, g.reduceMax(x, [axis], true));
}

function softmax(g: Graph, x: Value, axis: number): Value {
  const exponentials = g.exp(shifted(g, x, axis));
  return g.div(exponentials, g.reduceSum(exponentials, [axis], true));
}

function logSoftmax(g: Graph, x: Value, axis: number): Value {
  const differences = shifted(g, x, axis);
  return g.sub(differences, g.log(g.reduceSum(g.exp(differences), [axis], true)));
}

/** 2 pi in three parts of few digits, so that their products with whole numbers below 2^15 are exact (Cody and Waite 1980). */
const turnParts = [6.28125, 0.001934051513671875, 1.2556658930407139e-6];

/** x [..] through a polynomial with these coefficients, the constant one first. */
function polynomial(g: Graph, x: Value, coefficients: readonly number[]): Value {
  return coefficients
    .slice(0, -1)
    .reduceRight((sum, coefficient) => g.shift(g.mul(sum, x), coefficient), g.scalar(coefficients.at(-1)!));
}

/**
 * Sine or cosine. WGSL promises 2^-11 within [-pi, pi] and nothing beyond, which angles of positions need: so whole turns are
 * taken away, the Taylor series is used at a quarter of what is left, and the angle is doubled twice.
 */
function circular(g: Graph, x: Value, wanted: "Sin" | "Cos"): Value {
  const turns = g.cast(g.cast(g.scale(x, 1 / (2 * Math.PI)), "int64"), "float32");
  const angle = turnParts.reduce((rest, part) => g.sub(rest, g.scale(turns, part)), x);
  const quarter = g.scale(angle, 0.25);
  const squared = g.square(quarter);
  const taylor = (first: number): number[] => {
    const terms = [1];
    for (let n = first; terms.length < 7; n += 2) terms.push(-terms[terms.length - 1] / (n * (n + 1)));
    return terms;
  };
  const sine = g.mul(quarter, polynomial(g, squared, taylor(2)));
  const cosine = polynomial(g, squared, taylor(1));
  const half = { sine: g.scale(g.mul(sine, cosine), 2), cosine: g.shift(g.scale(g.square(sine), -2), 1) };
  return wanted === "Sin" ? g.scale(g.mul(half.sine, half.cosine), 2) : g.shift(g.scale(g.square(half.sine), -2), 1);
}

function lowered(g: Graph, node: Node, inputs: readonly Value[], device: boolean): Value[] {
  if (isOp(node, "Softmax")) return [softmax(g, inputs[0], node.attributes.axis)];
  if (isOp(node, "LogSoftmax")) return [logSoftmax(g, inputs[0], node.attributes.axis)];
  if (device && isOp(node, "ConstantOfShape")) {
    const { dims, value } = node.attributes;
    return g.apply("Expand", [g.scalar(value), inputs[0]], { dims });
  }
  if (device && (isOp(node, "Sin") || isOp(node, "Cos"))) return [circular(g, inputs[0], node.op)];
  return g.apply<OpName>(node.op, inputs, node.attributes);
}

/**
 * The same graph in operators that have the same bits on every processor with AVX2 or AVX-512.
 * @param device in operators, too, that the WebGPU provider of ONNX Runtime has and computes well: constants of a shape are a
 *   scalar that is expanded, sine and cosine are polynomials
 */
export function lower(graph: Graph, { device = false } = {}): Graph {
  const g = new Graph(graph.name);
  const made = new Map<Value, Value>();
  for (const input of graph.inputs) made.set(input, g.input(input.name!, input.dims, input.dtype));
  for (const node of neededNodes(graph)) {
    const inputs = node.inputs.map((input) => made.get(input)!);
    // The place ends in the graph's name, which is added again.
    const outputs = g.at(node.place.replace(/ ?\(?graph ".*$/, ""), () => lowered(g, node, inputs, device));
    node.outputs.forEach((output, i) => {
      made.set(output, outputs[i]);
    });
  }
  for (const { name, value } of graph.outputs) g.output(name, made.get(value)!);
  return g;
}
