/**
 * The files of the stages tune and evaluate: their section of results.json, and the lines of logs.
 */
import { z } from "zod";
import { interval, number } from "../values.js";

const paired = z.object({ base: interval, tuned: interval, difference: interval });

/**
 * Section `tune`: reward of completions of held-out prompts, the same prompts and random numbers
 * for both models (paper, Table 7).
 */
export const tuneResults = z.object({
  batches: number,
  promptTokens: number,
  newTokens: number,
  /** Reward of prompt + completion. */
  reward: paired,
  /** Reward of the completion only. */
  completionReward: paired,
  /** Distinct bigrams divided by bigrams, over all completions of a model. */
  distinct2: z.object({ base: number, tuned: number }),
  /** The base model's perplexity per token of each model's completions. */
  basePerplexity: z.object({ base: interval, tuned: interval }),
  /** Mean KL(tuned || base) per completion, sampled from tuned, in nats (sum over its tokens). */
  kl: interval,
  /**
   * The same per token: the sum over all completions divided by their tokens. Absent in older runs.
   */
  klPerToken: interval.optional(),
  /** Diagnosis of the KL penalty; absent in older runs, or with too few batches. */
  klDiagnosis: z
    .object({
      /** Standard deviation of the rewards of the first batch. */
      scoreSpread: number,
      /** The coefficient for `ppo.klTarget` at this spread; see `askedKlCoef`. */
      askedKlCoef: number,
      /** Of the first batch, and of the last. */
      klCoef: z.tuple([number, number]),
      /** Nats per response token over the last sixth of the batches, and the sixth before it. */
      klPerToken: number,
      klPerTokenBefore: number,
      /** Whether it rose by at most 15% between the two. */
      plateau: z.boolean(),
    })
    .optional(),
});

/** One line of tuning/samples.jsonl. */
export const tuningSample = z.object({
  batch: z.number(),
  query: z.string(),
  base: z.string(),
  tuned: z.string(),
  baseReward: number,
  tunedReward: number,
});

/** One line of tuning/metrics.jsonl: a number per metric, by TRL's names, and the batch. */
export const tuningMetrics = z.object({ batch: z.number() }).catchall(number);

/** Section `tune` of results.json. */
export interface TuneResults extends z.output<typeof tuneResults> {}
/** One line of tuning/samples.jsonl. */
export interface TuningSample extends z.output<typeof tuningSample> {}
/** One line of tuning/metrics.jsonl: the statistics of one batch. */
export interface TuningMetrics extends z.output<typeof tuningMetrics> {}
