/**
 * Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019) in PyTorch's form, on a store's
 * own memory.
 */
import { RunError } from "../errors.js";
import type { ParameterStore } from "../runtime/parameter-store.js";
import type { Region, TensorLayout } from "../runtime/protocol.js";
import type { FloatTensor } from "../runtime/tensor.js";

/** Settings of Adam that differ from the defaults. */
export interface AdamOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Decoupled weight decay of the tensors with `decay` in their layout. Default 0. */
  readonly weightDecay?: number;
  /** Largest global norm of the gradients; 0 (default) does not clip. */
  readonly maxGradNorm?: number;
}

const moments: readonly Region[] = ["firstMoment", "secondMoment"];

/** Adam over all parameters of a trainable store (Kingma and Ba 2015). */
export class Adam {
  private steps = 0;
  private readonly settings: Required<AdamOptions>;

  constructor(
    readonly store: ParameterStore,
    options: AdamOptions = {},
  ) {
    this.settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 0, ...options };
  }

  /** Number of steps so far. */
  get stepCount(): number {
    return this.steps;
  }

  /**
   * One step with the gradients that the last run left in the store.
   * @param maxGradNorm instead of the optimiser's own, for this step
   * @returns the global norm of the gradients before clipping
   * @throws RunError when the norm is not finite; parameters and moments are then unchanged
   */
  async step(learningRate: number, maxGradNorm = this.settings.maxGradNorm): Promise<number> {
    const norm = await this.store.adamStep({ ...this.settings, maxGradNorm, learningRate, step: this.steps + 1 });
    if (!Number.isFinite(norm))
      throw new RunError(`step ${this.steps + 1}: norm of the gradients: expected a finite number, received ${norm}`, {
        help: "Lower the learning rate or the maximal norm of gradients.",
      });
    this.steps++;
    return norm;
  }

  /** Names and sizes of the tensors of `state`. */
  stateLayout(): TensorLayout[] {
    const ofParameters = this.store.layout.flatMap(({ name, dims }) =>
      moments.map((region) => ({ name: `${region}.${name}`, dims })),
    );
    return [{ name: "steps", dims: [1] }, ...ofParameters];
  }

  /** Everything needed to resume, as named tensors. */
  async state(): Promise<Record<string, FloatTensor>> {
    const state: Record<string, FloatTensor> = { steps: { dims: [1], data: Float32Array.of(this.steps) } };
    for (const region of moments)
      for (const name of this.store.names) state[`${region}.${name}`] = await this.store.read(name, region);
    return state;
  }

  /** Restores a `state`. `read` returns a tensor by its name there. */
  async restore(read: (name: string) => Promise<FloatTensor>): Promise<void> {
    this.steps = (await read("steps")).data[0];
    for (const region of moments)
      for (const name of this.store.names) await this.store.write(name, (await read(`${region}.${name}`)).data, region);
  }
}
