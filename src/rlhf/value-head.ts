/**
 * The value head of PPO: optional dropout, and one linear layer on the final hidden states (TRL
 * 0.7.7, `ValueHead`).
 */
import { RewardscopeError, ShapeError } from "../errors.js";
import type { Graph } from "../graph/builder.js";
import type { Value } from "../graph/value.js";
import type { Rng } from "../rng.js";
import type { ParameterLookup } from "../runtime/parameter-inputs.js";
import type { TensorLayout } from "../runtime/protocol.js";

/** Weights of the head: weight [1, dModel], bias [1]. */
export interface ValueHead {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export const valueHeadWeight = "v_head.summary.weight";
export const valueHeadBias = "v_head.summary.bias";

/** Names and sizes of the head's parameters, under TRL's names. */
export function valueHeadLayout(dModel: number): TensorLayout[] {
  return [
    { name: valueHeadWeight, dims: [1, dModel] },
    { name: valueHeadBias, dims: [1] },
  ];
}

/**
 * @throws ShapeError, RewardscopeError INVALID_INPUT unless the head is of dModel finite weights
 *   and one bias
 */
export function checkValueHead({ weight, bias }: ValueHead, dModel: number): void {
  if (weight.length !== dModel || bias.length !== 1)
    throw new ShapeError(
      `value head: expected ${dModel} weights and 1 bias, received ${weight.length} and ${bias.length}`,
    );
  const wrong = [...weight, ...bias].find((value) => !Number.isFinite(value));
  if (wrong !== undefined)
    throw new RewardscopeError("INVALID_INPUT", `value head: expected finite numbers, received ${wrong}`);
}

/** PyTorch's start of a linear layer: uniform within 1 / sqrt(dModel). */
export function initialiseValueHead(dModel: number, rng: Rng): ValueHead {
  const bound = 1 / Math.sqrt(dModel);
  const draw = (): number => (2 * rng.uniform() - 1) * bound;
  return { weight: Float32Array.from({ length: dModel }, draw), bias: Float32Array.of(draw()) };
}

/**
 * Values of hidden states [rows, dModel] -> [rows]. `keep` [rows, dModel]: the dropout's factors,
 * on training passes.
 */
export function valuesOf(g: Graph, parameter: ParameterLookup, states: Value, keep?: Value): Value {
  const input = keep ? g.mul(states, keep) : states;
  const values = g.linear(input, parameter(valueHeadWeight), parameter(valueHeadBias));
  return g.reshape(values, [states.dims[0]]);
}
