/**
 * Reverse-mode differentiation: one walk over the nodes, which adds the backward pass to the same
 * graph.
 */
import { InternalError, ShapeError } from "../errors.js";
import type { Graph } from "./builder.js";
import { formatDims, sameDims } from "./dims.js";
import { type GradientRule, gradientRules } from "./gradients.js";
import { sumOfParts } from "./structured-gradients.js";
import type { Value } from "./value.js";

/**
 * x [.., size] -> [size]. A product with ones: ONNX Runtime's sum over the first axes takes several
 * times as long.
 */
function sumOfRows(g: Graph, x: Value): Value {
  const rows = g.flatten(x);
  const ones = g.filledLike(g.slice(rows, 1, 0, 1), 1);
  return g.reshape(g.matMul(g.swapLast(ones), rows), [rows.dims[1]]);
}

/** Sums a gradient over the axes along which its value was broadcast. */
function sumToShape(g: Graph, gradient: Value, like: Value): Value {
  if (sameDims(gradient.dims, like.dims)) return gradient;
  if (like.dims.length === 1 && like.dims[0] !== 1) return sumOfRows(g, gradient);
  const extra = gradient.dims.length - like.dims.length;
  const leading = Array.from({ length: extra }, (_, axis) => axis);
  const reduced = extra > 0 ? g.reduceSum(gradient, leading) : gradient;
  const stretched = like.dims.flatMap((dim, axis) => (dim === 1 && reduced.dims[axis] !== 1 ? [axis] : []));
  const summed = stretched.length > 0 ? g.reduceSum(reduced, stretched, true) : reduced;
  if (!sameDims(summed.dims, like.dims))
    throw new InternalError(`gradient ${formatDims(gradient.dims)} does not sum to ${formatDims(like.dims)}`);
  return summed;
}

/**
 * Gradients of a scalar `loss` by `wanted`, as values of the same graph, in the same order and
 * shapes. Only nodes between `wanted` and the loss get a backward pass.
 * @throws ShapeError when loss is not a scalar, or does not depend on a wanted value
 */
export function gradients(g: Graph, loss: Value, wanted: readonly Value[]): Value[] {
  if (loss.dims.length !== 0)
    throw new ShapeError(`gradients: the loss must be a scalar, received ${formatDims(loss.dims)}`, {
      help: "Reduce it with reduceSum or reduceMean first.",
    });
  const forward = [...g.nodes];
  const reached = new Set<Value>(wanted);
  for (const node of forward)
    if (node.inputs.some((input) => reached.has(input))) for (const output of node.outputs) reached.add(output);

  const arrived = new Map<Value, Value[]>([[loss, [g.scalar(1)]]]);
  const total = (value: Value): Value | undefined => {
    const parts = arrived.get(value);
    if (parts && parts.length > 1) parts.splice(0, parts.length, sumOfParts(g, parts));
    return parts?.[0];
  };
  for (const node of forward.reverse()) {
    if (node.outputs.slice(1).some((output) => reached.has(output) && arrived.has(output)))
      throw new InternalError(`${node.op} has a gradient rule for its first output only`, { at: node.place });
    const gradient = reached.has(node.outputs[0]) ? total(node.outputs[0]) : undefined;
    if (!gradient) continue;
    const rule = gradientRules[node.op] as GradientRule;
    const toInputs = g.at(`gradient of ${node.place}`, () => rule(g, node, gradient));
    if (toInputs.length !== node.inputs.length)
      throw new InternalError(`${node.op}: ${toInputs.length} gradients for ${node.inputs.length} inputs`);
    node.inputs.forEach((input, i) => {
      const part = toInputs[i];
      if (!part || !reached.has(input)) return;
      const summed = sumToShape(g, part, input);
      const before = arrived.get(input);
      if (before) before.push(summed);
      else arrived.set(input, [summed]);
    });
  }
  return wanted.map((value) => {
    const gradient = total(value);
    if (!gradient)
      throw new ShapeError(`gradients: the loss does not depend on ${value.name ?? formatDims(value.dims)}`);
    return gradient;
  });
}
