/** Norms: layouts of their parameters, and their nodes. */
import type { Graph } from "../../graph/builder.js";
import type { Value } from "../../graph/value.js";
import type { ParameterLookup } from "../../runtime/parameter-inputs.js";
import type { ParameterLayout } from "./layers.js";

/** `weight` and `bias` [size] of a layer norm. */
export function layerNormLayout(part: string, name: string, size: number): ParameterLayout[] {
  return [
    { name: `${name}.weight`, dims: [size], part, start: "ones" },
    { name: `${name}.bias`, dims: [size], part, start: "zeros" },
  ];
}

/**
 * Layer norm (Ba et al. 2016, arXiv:1607.06450) of x [.., size] over its last axis, with the
 * parameters `name.weight` and `name.bias`.
 */
export function layerNorm(g: Graph, parameter: ParameterLookup, x: Value, name: string, epsilon: number): Value {
  return g.layerNorm(x, parameter(`${name}.weight`), parameter(`${name}.bias`), epsilon);
}

/**
 * A layer norm's effect on directions d [.., size] in its input, without the division, which
 * depends on the input, and without the bias: weight * (d - mean d).
 */
export function layerNormOfDirections(g: Graph, parameter: ParameterLookup, directions: Value, name: string): Value {
  const centred = g.sub(directions, g.reduceMean(directions, [directions.dims.length - 1], true));
  return g.mul(centred, parameter(`${name}.weight`));
}

/** `weight` [size] of a root-mean-square norm, which multiplies by offset + weight. */
export function rmsNormLayout(part: string, name: string, size: number, offset: 0 | 1): ParameterLayout[] {
  return [{ name: `${name}.weight`, dims: [size], part, start: offset === 1 ? "zeros" : "ones" }];
}

/**
 * Root-mean-square norm (Zhang & Sennrich 2019, arXiv:1910.07467) of x [.., size] over its last
 * axis: x / sqrt(mean x^2 + epsilon) * (offset + weight).
 */
export function rmsNorm(
  g: Graph,
  parameter: ParameterLookup,
  x: Value,
  name: string,
  { epsilon, offset }: { readonly epsilon: number; readonly offset: 0 | 1 },
): Value {
  const meanSquare = g.reduceMean(g.square(x), [-1], true);
  const normalised = g.mul(x, g.reciprocal(g.sqrt(g.shift(meanSquare, epsilon))));
  return g.mul(normalised, rmsFactors(g, parameter, name, offset));
}

/**
 * A root-mean-square norm's effect on directions [.., size] in its input, without the division,
 * which depends on the input.
 */
export function rmsNormOfDirections(
  g: Graph,
  parameter: ParameterLookup,
  directions: Value,
  name: string,
  offset: 0 | 1,
): Value {
  return g.mul(directions, rmsFactors(g, parameter, name, offset));
}

function rmsFactors(g: Graph, parameter: ParameterLookup, name: string, offset: 0 | 1): Value {
  const weight = parameter(`${name}.weight`);
  return offset === 0 ? weight : g.shift(weight, offset);
}
