/**
 * Postprocessing of a tuned policy's weights, independent of the algorithm: their average over the
 * last batches (Polyak and Juditsky 1992), and interpolation towards the base model, which trades
 * reward for KL (linear interpolation towards initialisation, Ramé et al. 2024, arXiv:2406.16768).
 */
import { FormatError } from "../errors.js";
import type { CausalLm } from "../model/causal-lm.js";
import type { FloatTensor } from "../runtime/tensor.js";

/** A model's weights, which may move to another store when it becomes trainable. */
type Weights = Pick<CausalLm, "store" | "parameterNames">;

/** The running mean of a policy's weights over the calls of `add`, one per batch. */
export class WeightAverage {
  private count = 0;
  private means = new Map<string, FloatTensor>();

  constructor(private readonly policy: Weights) {}

  /** Takes the weights as they are now into the mean. */
  async add(): Promise<void> {
    this.count++;
    for (const name of this.policy.parameterNames) {
      const { dims, data } = await this.policy.store.read(name);
      const mean = this.means.get(name)?.data;
      if (!mean) this.means.set(name, { dims, data: Float32Array.from(data) });
      else for (let i = 0; i < data.length; i++) mean[i] += (data[i] - mean[i]) / this.count;
    }
  }

  /** Replaces the policy's weights by the mean; without calls of `add` they are unchanged. */
  async apply(): Promise<void> {
    for (const [name, { data }] of this.means) await this.policy.store.write(name, data);
  }

  /** For a checkpoint: the number of averaged weights, and their mean under `average.NAME`. */
  state(): { count: number; tensors: Record<string, FloatTensor> } {
    const tensors = Object.fromEntries([...this.means].map(([name, mean]) => [`average.${name}`, mean]));
    return { count: this.count, tensors };
  }

  /**
   * Restores a state of `state`.
   * @throws FormatError when a tensor is missing
   */
  restore(count: number, tensors: Readonly<Record<string, FloatTensor>>): void {
    const means = new Map<string, FloatTensor>();
    for (const name of count > 0 ? this.policy.parameterNames : []) {
      const mean = tensors[`average.${name}`];
      if (!mean) throw new FormatError("average of weights", `tensor average.${name}: expected one, received nothing`);
      means.set(name, { dims: mean.dims, data: Float32Array.from(mean.data) });
    }
    this.count = count;
    this.means = means;
  }
}

/**
 * Moves a policy towards the base model: base + share · (policy - base), for each parameter.
 * @param share 1: the policy is unchanged; 0: it becomes the base model
 */
export async function interpolateTowards(base: Weights, policy: Weights, share: number): Promise<void> {
  if (share === 1) return;
  for (const name of policy.parameterNames) {
    const [{ data: from }, { data: to }] = [await base.store.read(name), await policy.store.read(name)];
    await policy.store.write(
      name,
      to.map((weight, i) => from[i] + share * (weight - from[i])),
    );
  }
}
