/**
 * The interface of a store of parameters in the main thread. Whether they are in memory or on a
 * device is internal to the engine.
 */
import type { AdamSettings, GradientAlong, Region, SparseMember, SparseSums, TensorLayout } from "./protocol.js";
import type { FloatTensor } from "./tensor.js";

/** Named parameters of a model, and, where they are trained, their gradients and Adam moments. */
export interface ParameterStore {
  /** The engine's number of the store, for runs. */
  readonly handle: number;
  readonly layout: readonly TensorLayout[];
  /** Whether it also has gradients and moments. */
  readonly trainable: boolean;
  readonly names: readonly string[];
  /** Whether there is a parameter of this name. */
  has(name: string): boolean;
  /** Sizes of one parameter. @throws InternalError when the name is unknown */
  dims(name: string): readonly number[];
  /**
   * A copy of one tensor of a region; only trainable stores have gradients and moments. Default:
   * parameters.
   */
  read(name: string, region?: Region): Promise<FloatTensor>;
  /**
   * Replaces one tensor of a region.
   * @param data all values of the tensor; default region: parameters
   */
  write(name: string, data: Float32Array, region?: Region): Promise<void>;
  /** Copies the values of all parameters that `other` also has, or of those with the given names. */
  copyFrom(other: ParameterStore, names?: readonly string[]): Promise<void>;
  /**
   * Sets all parameters to start + dose (end - start).
   * @param start a store of the same engine that has these parameters
   * @param end another one
   */
  setBetween(start: ParameterStore, end: ParameterStore, dose: number): Promise<void>;
  /**
   * The gradient of one parameter times the difference of two other stores, end - start, summed over
   * columns and over rows: without a copy of either.
   */
  gradientAlong(name: string, start: ParameterStore, end: ParameterStore): Promise<GradientAlong>;
  /**
   * Losses and gradients of autoencoders by their active codes.
   * @param x [tokens, dIn]
   * @param errorWeight of the sum of squared errors over the batch
   * @param members each with the handle of the program of its pre-activations
   * @returns in the order of the members; undefined, and gradients as they were, where too many are active
   */
  sparseGradients(
    x: FloatTensor,
    errorWeight: number,
    members: readonly SparseMember[],
  ): Promise<readonly (SparseSums | undefined)[]>;
  /**
   * One Adam step with the gradients of the last run; returns their norm before clipping. Nothing
   * changes if it is not finite.
   */
  adamStep(settings: AdamSettings): Promise<number>;
  /** Frees its memory. */
  drop(): Promise<void>;
}
