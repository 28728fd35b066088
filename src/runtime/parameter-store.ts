/** Where parameters live, seen from the main thread. Only the engine knows whether that is shared memory or a device. */
import type { AdamSettings, Region, TensorLayout } from "./protocol.js";
import type { FloatTensor } from "./tensor.js";

export interface ParameterStore {
  /** The engine's number for it: what a run names. */
  readonly handle: number;
  readonly layout: readonly TensorLayout[];
  /** Whether it has gradients and moments beside the parameters. */
  readonly trainable: boolean;
  readonly names: readonly string[];
  has(name: string): boolean;
  /** Sizes of one parameter. @throws InternalError when there is none of that name */
  dims(name: string): readonly number[];
  /** A copy of one tensor of a region; gradients and moments exist in trainable stores only. Default: parameters. */
  read(name: string, region?: Region): Promise<FloatTensor>;
  /** @param data as many values as the parameter has; default region: parameters */
  write(name: string, data: Float32Array, region?: Region): Promise<void>;
  /** Takes over the values of every parameter that `other` has too. */
  copyFrom(other: ParameterStore): Promise<void>;
  /** One Adam step with the gradients of the last run; returns their norm before clipping. Nothing moves when it is not finite. */
  adamStep(settings: AdamSettings): Promise<number>;
  /** Frees its memory. */
  drop(): Promise<void>;
}
