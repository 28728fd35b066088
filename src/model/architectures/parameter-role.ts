/** The module of each parameter, and which of its axes counts heads, neurons or tokens. */

/** `norm`: all norms. A tied unembedding is the embedding. */
export type ModelModule = "embedding" | "unembedding" | "attention" | "mlp" | "norm";

/** `token`: rows of the vocabulary. `keyValueHead`: a head of keys and values shared by queries. */
export type UnitKind = "head" | "keyValueHead" | "neuron" | "token";

/** The units of a tensor's entries along one axis. */
export interface ParameterUnits {
  readonly kind: UnitKind;
  readonly axis: 0 | 1;
  /** The unit of an index along the axis. */
  unitOf(index: number): number;
}

/** What a tensor is part of: module, layer, and the units along its axes. */
export interface ParameterRole {
  readonly module: ModelModule;
  /** Undefined outside of blocks. */
  readonly layer?: number;
  /** Undefined for a tensor that is not divided into units, e.g. the bias of an output. */
  readonly units?: ParameterUnits;
}

/** Units along an axis that have `size` consecutive entries each. */
export function unitsAlong(kind: UnitKind, axis: 0 | 1, size = 1): ParameterUnits {
  return { kind, axis, unitOf: (index) => Math.floor(index / size) };
}
