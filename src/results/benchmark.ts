/** The files of a benchmark: rankings of each pair by each method, and how well they find the truth. */
import { join } from "node:path";
import { z } from "zod";
import { readJson, writeJson } from "../io/atomic.js";
import { check } from "./checked.js";
import { number } from "./values.js";

/** For a pair that is another one with a part of the change of its weights. */
const dose = z.object({ of: z.string(), dose: z.number() });

/** What a pair was rewarded for, apart from its models: truth/NAME.json. */
const truth = z.object({
  /** Hypothesis -> the sign of its reward. */
  truth: z.record(z.string(), z.union([z.literal(1), z.literal(-1)])),
  /** Hypotheses that are neither true nor false and not scored, since they go along with the reward. */
  leftOut: z.array(z.string()).default([]),
  dose: dose.optional(),
});

/** A method's ranking of one pair: ranks/PAIR/METHOD.json. */
const ranking = z.object({
  /** Seconds that the method took, after the texts were sampled and read. */
  seconds: z.number(),
  /** One per hypothesis; null where the method says nothing. */
  scores: z.array(
    z.object({ hypothesis: z.string(), score: z.object({ value: number, low: number, high: number }).nullable() }),
  ),
});

/** How a method did on a pair. Scores are null where no truth is known, or nothing is true. */
const outcome = z.object({
  pair: z.string(),
  method: z.string(),
  seconds: z.number(),
  /** True hypotheses among the ten strongest, of those that could be. */
  recallAt10: number.nullable(),
  averagePrecision: number.nullable(),
  auroc: number.nullable(),
  /** Share of the true hypotheses among the ten strongest whose sign is right; null where there is none. */
  rightSign: number.nullable(),
  /** Hypotheses of which the method says something. */
  said: z.number(),
  /** Of these, how many have an interval without 0, as it is, and widened for all hypotheses together. */
  beyond95: z.number(),
  beyondAll: z.number(),
});

const pair = z.object({
  name: z.string(),
  /** The organism without its seed; the folder's name where others made it. */
  organism: z.string(),
  seed: z.number().nullable(),
  summary: z.string(),
  /** Null where the truth is held back. */
  truths: z.number().nullable(),
  leftOut: z.number(),
  dose: dose.optional(),
  /** Mean log-ratio of what the tuned model writes: KL(tuned || base) of a completion, in nats. */
  kl: number,
});

const methodSummary = z.object({
  method: z.string(),
  summary: z.string(),
  unit: z.string(),
  /** Means over pairs whose truth is known and not empty; null without one. */
  pairs: z.number(),
  recallAt10: number.nullable(),
  averagePrecision: number.nullable(),
  auroc: number.nullable(),
  rightSign: number.nullable(),
  /** Shares of what it says of null pairs (nothing is true) that have an interval without 0; null without such pairs. */
  nullPairs: z.number(),
  falseAt95: number.nullable(),
  falseAtAll: number.nullable(),
  /** The smallest dose with an AUROC of at least `doseAuroc`, whole models being dose 1; null where none is found. */
  smallestDose: number.nullable(),
  /** Mean over all pairs. */
  seconds: number,
});

const benchmarkResults = z.object({
  hypotheses: z.number(),
  /** What an order by lot gives, as a mean over the same pairs. */
  chance: z.object({ recallAt10: number.nullable(), averagePrecision: number.nullable() }),
  /** AUROC from which a dose counts as found. */
  doseAuroc: z.number(),
  pairs: z.array(pair),
  methods: z.array(methodSummary),
  outcomes: z.array(outcome),
});

export type BenchmarkTruth = z.output<typeof truth>;
export type BenchmarkRanking = z.output<typeof ranking>;
export type BenchmarkOutcome = z.output<typeof outcome>;
export type BenchmarkPair = z.output<typeof pair>;
export type MethodSummary = z.output<typeof methodSummary>;
export type BenchmarkResults = z.output<typeof benchmarkResults>;

/** @throws FormatError when the file is missing or has another form */
export async function readTruth(file: string): Promise<BenchmarkTruth> {
  return check(truth, await readJson(file), file);
}

/** @throws FormatError when the file is missing or has another form */
export async function readRanking(file: string): Promise<BenchmarkRanking> {
  return check(ranking, await readJson(file), file);
}

/** Writes benchmark.json, atomically. */
export function writeBenchmarkResults(folder: string, results: BenchmarkResults): Promise<void> {
  return writeJson(join(folder, "benchmark.json"), results);
}

/** @throws FormatError when there is no benchmark.json, or it has another form */
export async function readBenchmarkResults(folder: string): Promise<BenchmarkResults> {
  const file = join(folder, "benchmark.json");
  return check(benchmarkResults, await readJson(file), file);
}
