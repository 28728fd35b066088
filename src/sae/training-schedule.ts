/** How the learning rate and the weight of sparsity change over training. */
import { ShapeError } from "../errors.js";
import { warmupStableDecay } from "../optim/schedule.js";
import { sum } from "../stats/moments.js";
import type { ActivationBatch, ActivationStream } from "./activation-stream.js";

/** Shares of training, each from 0 (none, default) to 1. */
export interface TrainingSchedule {
  /** During which the learning rate rises from 0. */
  readonly warmup?: number;
  /** During which the learning rate falls linearly to 0 at the end. */
  readonly decay?: number;
  /** During which the weight of the kinds' sparsity terms rises from 0. */
  readonly ramp?: number;
}

/** Of the learning rate, and of the weights of the kinds' sparsity terms. */
export type Factors = Readonly<Record<"rate" | "sparsity", number>>;

/**
 * Factors of the learning rate and of the sparsity terms after some tokens.
 * @throws ShapeError when there is a schedule, but the total number of tokens is unknown
 */
export function factorsOf(
  schedule: TrainingSchedule | undefined,
  stream: ActivationStream | AsyncIterable<ActivationBatch>,
  tokenVisits: number,
): (tokens: number) => Factors {
  if (!schedule) return () => ({ rate: 1, sparsity: 1 });
  const { warmup = 0, decay = 0, ramp = 0 } = schedule;
  const total = Math.min(tokenVisits, "batchTokens" in stream ? sum(stream.batchTokens()) : Number.POSITIVE_INFINITY);
  if (!Number.isFinite(total))
    throw new ShapeError("schedule: expected tokenVisits, or a stream that knows its tokens, received neither");
  // Counted in tokens instead of steps. Without decay, the end is beyond the training.
  const rate = warmupStableDecay(warmup * total, decay > 0 ? total : 2 * total, decay);
  return (tokens) => ({ rate: rate(tokens), sparsity: Math.min(1, tokens / Math.max(1, ramp * total)) });
}
