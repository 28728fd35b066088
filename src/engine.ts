/**
 * The engine alone: graphs of tensor operations, their gradients, and programs that run them.
 *
 * @module
 */

export { gradients } from "./graph/backward.js";
export { Graph } from "./graph/builder.js";
export type { Value } from "./graph/value.js";
export { Adam } from "./optim/adam.js";
export { Engine, type Program } from "./runtime/engine.js";
export type { ParameterStore } from "./runtime/parameter-store.js";
export type { EngineOptions } from "./runtime/protocol.js";
export type { FloatTensor, Tensor } from "./runtime/tensor.js";
