/** Which module of a model a parameter belongs to, and which of its axes counts heads, neurons or tokens. */

/** `norm`: all norms, wherever they stand. A tied unembedding is the embedding. */
export type ModelModule = "embedding" | "unembedding" | "attention" | "mlp" | "norm";

/** `token`: rows of the vocabulary. A head of keys and values that queries share counts by itself. */
export type UnitKind = "head" | "keyValueHead" | "neuron" | "token";

/** The units that the entries of a tensor along one axis belong to. */
export interface ParameterUnits {
  readonly kind: UnitKind;
  readonly axis: 0 | 1;
  /** The unit of an index along the axis. */
  unitOf(index: number): number;
}

export interface ParameterRole {
  readonly module: ModelModule;
  /** Undefined outside of blocks. */
  readonly layer?: number;
  /** Undefined where the tensor belongs to its module as a whole, such as the bias of an output. */
  readonly units?: ParameterUnits;
}

/** Units along an axis that take `size` neighbouring entries each. */
export function unitsAlong(kind: UnitKind, axis: 0 | 1, size = 1): ParameterUnits {
  return { kind, axis, unitOf: (index) => Math.floor(index / size) };
}
