/** Statistics of one autoencoder during training: dead features, running averages of scalars. */
import type { FloatTensor } from "../runtime/tensor.js";

/** A feature is dead if it was active on none of this many last tokens. */
export const DEAD_AFTER_TOKENS = 20_000;

/** The weight of a step in a running average (SAELens's `topk_threshold_lr`). */
const AVERAGE_WEIGHT = 0.01;

/**
 * Counts in single precision, as in checkpoints, so that an interrupted and continued training has
 * the same numbers as an uninterrupted one.
 */
export class FeatureStatistics {
  /** [dSae], tokens since a feature was active, at most DEAD_AFTER_TOKENS. */
  private silent: Float32Array;
  /** By the scalar's name: the weighted sum of its values, and the sum of the weights. */
  private readonly averages: ReadonlyMap<string, Float32Array>;

  constructor(dSae: number, observed: readonly string[]) {
    this.silent = new Float32Array(dSae);
    this.averages = new Map(observed.map((name) => [name, new Float32Array(2)]));
  }

  /** @param fired [dSae], tokens of the batch on which a feature was active */
  countActive(fired: ArrayLike<number | bigint>, tokens: number): void {
    this.silent = this.silent.map((before, i) =>
      Number(fired[i]) > 0 ? 0 : Math.min(DEAD_AFTER_TOKENS, before + tokens),
    );
  }

  /** [dSae], 1 for dead features, else 0. */
  dead(): Float32Array {
    return this.silent.map((tokens) => Number(tokens >= DEAD_AFTER_TOKENS));
  }

  /** Adds the value of an observed scalar for one batch. */
  observe(name: string, value: number): void {
    const average = this.averages.get(name)!;
    average[0] += AVERAGE_WEIGHT * (value - average[0]);
    average[1] += AVERAGE_WEIGHT * (1 - average[1]);
  }

  /** The running average over batches, divided by the sum of weights since it starts at 0. */
  average(name: string): number {
    const [sum, weights] = this.averages.get(name)!;
    return sum / weights;
  }

  /** Everything needed to resume, as named tensors. */
  state(): Record<string, FloatTensor> {
    const averages = [...this.averages].map(([name, data]) => [`average.${name}`, { dims: [2], data }] as const);
    return { silent: { dims: [this.silent.length], data: this.silent }, ...Object.fromEntries(averages) };
  }

  /** Restores a `state`. `read` returns a tensor by its name there. */
  async restore(read: (name: string) => Promise<FloatTensor>): Promise<void> {
    this.silent = (await read("silent")).data;
    for (const [name, average] of this.averages) average.set((await read(`average.${name}`)).data);
  }
}
