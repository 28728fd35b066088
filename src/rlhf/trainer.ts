/** The interface of an algorithm that tunes a policy on a reward, such as PPO. */
import type { FloatTensor } from "../runtime/tensor.js";
import type { Rollout } from "./rollout.js";

/** Statistics of a step under the algorithm's own names; means over the batch. */
export type StepStatistics = Readonly<Record<string, number>>;

/** Metric of a batch -> name among the step's statistics. Every algorithm has the first two. */
export interface MetricNames {
  /** Mean score of the responses. */
  readonly "objective/scores": string;
  /** Mean KL(policy || reference) per response as sampled, in nats. */
  readonly "objective/kl": string;
  readonly [name: string]: string;
}

/** How many batches are made, and who is told of each. */
export interface RunOptions {
  /** The total number of batches, those of an earlier run included. */
  readonly batches: number;
  readonly signal?: AbortSignal;
  /** Awaited after each batch; `batch` counts from 1. */
  onBatch?(report: { batch: number; statistics: StepStatistics; rollout: Rollout }): void | Promise<void>;
  /** Awaited with the batch on which a step failed, before the error is thrown. */
  onFailure?(report: { batch: number; rollout: Rollout }): void | Promise<void>;
}

/** Everything needed to resume a run. */
export interface TrainerState {
  /** Plain values, for JSON. */
  readonly values: unknown;
  readonly tensors: Readonly<Record<string, FloatTensor>>;
}

/** An algorithm that tunes a policy batch by batch. */
export interface Trainer {
  /** Number of batches in training so far. */
  readonly batchCount: number;
  readonly metricNames: MetricNames;
  /** The current plain values, those of `state`. */
  readonly values: Readonly<Record<string, unknown>>;
  /**
   * One step on a batch of responses; the policy's parameters change in place.
   * @param queries token ids, one row per response
   * @param responses token ids, none empty
   * @param scores the reward of each response
   * @throws ShapeError when the three differ in number or a response is empty
   * @throws RunError when a loss or gradient is not finite
   */
  step(
    queries: readonly (readonly number[])[],
    responses: readonly (readonly number[])[],
    scores: readonly number[],
  ): Promise<StepStatistics>;
  /**
   * Tunes the policy on a corpus, from the trainer's current batch on, so that a restored trainer
   * continues with the next batch.
   * @param corpus texts in the order of their use; after the last one they start over
   * @throws ConfigError when the trainer has no reward or tokenizer; RunError when no text of the
   *   corpus is long enough
   */
  run(corpus: AsyncIterable<{ text: string }> | Iterable<{ text: string }>, options: RunOptions): Promise<void>;
  /**
   * A sentence for the log about the first batch, which is sampled from the base model; else
   * undefined.
   */
  noteOf(statistics: StepStatistics): string | undefined;
  /**
   * A sentence with the cause when the statistics show a problem of tuning; undefined otherwise.
   */
  warningOf(statistics: StepStatistics): string | undefined;
  /** Weights that are trained besides the policy's: file name -> tensors. */
  heads(): Promise<Readonly<Record<string, Readonly<Record<string, FloatTensor>>>>>;
  /** For a checkpoint: parameters, moments and counters, from which training continues with the same bytes. */
  state(): Promise<TrainerState>;
  /**
   * Sets the trainer to a state of `state`.
   * @throws FormatError when a tensor is missing or has another shape, or a value is missing or
   *   has another type; the trainer is then unchanged
   */
  restore(state: TrainerState): Promise<void>;
}

/** A line of metrics.jsonl: batch number, episode number, and the metrics of the batch. */
export function batchMetrics(
  names: MetricNames,
  { batch, batchSize }: { batch: number; batchSize: number },
  statistics: StepStatistics,
): { batch: number; episode: number } & Record<keyof MetricNames, number> {
  const metrics = Object.fromEntries(Object.entries(names).map(([name, source]) => [name, statistics[source]]));
  return { batch, episode: batch * batchSize, ...metrics };
}
