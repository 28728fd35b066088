/**
 * The engine alone: graphs of tensor operations, their gradients, and programs that run them.
 *
 * @module
 */

export { gradients } from "./graph/backward.js";
export { Graph } from "./graph/builder.js";
export type { Dim, DType } from "./graph/dims.js";
export type { Attributes } from "./graph/op.js";
export type { Node, Value } from "./graph/value.js";
export { Adam, type AdamOptions } from "./optim/adam.js";
export { Engine, type Program, type State } from "./runtime/engine.js";
export type { ParameterStore } from "./runtime/parameter-store.js";
export type { AdamSettings, EngineOptions, Region, TensorLayout } from "./runtime/protocol.js";
export type { FloatTensor, Tensor, TensorArray } from "./runtime/tensor.js";
