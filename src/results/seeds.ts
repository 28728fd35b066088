/** seeds.json: the numbers of several seeds' runs, with their spread. */
import { join } from "node:path";
import { z } from "zod";
import { readJson, writeJson } from "../io/atomic.js";
import { check } from "./checked.js";
import { renameSeeds } from "./earlier-names.js";
import { modelRole } from "./values.js";

/**
 * A number that the runs of several seeds have in common. The spread is between runs; it is not the
 * interval of one run.
 */
const spread = z.object({
  /** One value per seed, in the order of the seeds; null for a run without it. */
  values: z.array(z.number().nullable()),
  /**
   * The 95% interval of each run's value, if the number has one; not part of the spread.
   */
  intervals: z.array(z.tuple([z.number(), z.number()]).nullable()).optional(),
  /** Number of seeds with a value, at least 1. */
  n: z.number(),
  mean: z.number(),
  /** Of a sample (n - 1 in the denominator); null for one value. */
  standardDeviation: z.number().nullable(),
  min: z.number(),
  max: z.number(),
});

/** The identifying fields of a list's entry, e.g. `{ model: "tuned", layer: 3 }`. */
const identity = z.record(z.string(), z.union([z.string(), z.number()])).readonly();

/** A number of results.json, by its path: names, and the identity of list entries. */
const seedFigure = spread.extend({ path: z.array(z.union([z.string(), identity])) });

const headlineMetricId = z.enum([
  "rewardTuned",
  "rewardBase",
  "rewardGain",
  "tauTuned",
  "tauBase",
  "tauDifference",
  "ridgeTauTuned",
  "ridgeTauBase",
  "ridgeTauDifference",
  "implicitRewardTauVisited",
  "baseProbabilitiesTau",
  "implicitRewardTau",
  "implicitRewardAgainstRidge",
  "carryAttention",
  "carryMlps",
  "carryLayers",
  "carryFeatures",
  "carryFeaturesControl",
  "carryFeaturesAgainstControl",
  "carryFeaturesTaken",
  "carryFeaturesTakenControl",
  "ablationEffect",
  "ablationRandom",
  "ablationMatched",
  "ablationUnlabelled",
  "ablationAgainstRandom",
  "ablationAgainstMatched",
  "frequencyRelated",
  "frequencyMatched",
  "frequencyAverage",
  "frequencyAgainstMatched",
  "mmcsTuned",
  "mmcsBase",
  "mmcsRandom",
]);

/** One of the numbers that the summary and the first page show. */
const headlineMetric = spread.extend({
  id: headlineMetricId,
  /** In words. */
  name: z.string(),
  /** Shares are shown in percent. */
  kind: z.enum(["number", "share"]),
  /** For differences and effects, whose sign is the finding: the number of seeds with each sign. */
  signs: z.object({ positive: z.number(), negative: z.number() }).optional(),
});

/**
 * MMCS of the small dictionaries that two runs trained for the same layer: the mean of both
 * directions.
 */
const seedDictionaryMatch = z.object({
  model: modelRole,
  layer: z.number(),
  seeds: z.tuple([z.number(), z.number()]),
  mmcs: z.number(),
  /** The same for random dictionaries of the same sizes. */
  randomMmcs: z.number(),
});

/** Stability of the features of one layer's small dictionaries across seeds. */
const featureStability = z.object({
  model: modelRole,
  layer: z.number(),
  /** Mean highest cosine of random directions of the same sizes. */
  random: z.number(),
  /** A feature is stable above this: halfway from `random` to 1. */
  threshold: z.number(),
  seeds: z.array(
    z.object({
      seed: z.number(),
      /** Numbers of features of the dictionary, and of stable ones. */
      features: z.number(),
      stable: z.number(),
      explained: z.array(
        z.object({
          feature: z.number(),
          explanation: z.string(),
          noPattern: z.literal(true).optional(),
          /** Highest cosine in the dictionary of each other seed, and their mean. */
          cosines: z.array(z.number()),
          mean: z.number(),
          stable: z.boolean(),
        }),
      ),
    }),
  ),
});

/** seeds.json */
const seedsResults = z.object({
  seeds: z.array(z.number()).min(1),
  /** The chosen layers of each run; null for a run that has not chosen yet. */
  chosenLayers: z.array(z.array(z.number()).nullable()),
  headlineMetrics: z.array(headlineMetric),
  dictionaryMatches: z.array(seedDictionaryMatch),
  /** Absent in files of earlier versions. */
  featureStability: z.array(featureStability).optional(),
  figures: z.array(seedFigure),
});

/** Mean and standard deviation over seeds. */
export interface Spread extends z.output<typeof spread> {}
/** What names an entry of a list in the path of a number, such as model and layer. */
export interface Identity extends z.output<typeof identity> {}
/** One number of results.json, over the seeds. */
export interface SeedFigure extends z.output<typeof seedFigure> {}
/** The name of such a number. */
export type HeadlineMetricId = z.output<typeof headlineMetricId>;
/** A number of the common page of several runs, over its seeds. */
export interface HeadlineMetric extends z.output<typeof headlineMetric> {}
/** How well the dictionaries of two seeds match. */
export interface SeedDictionaryMatch extends z.output<typeof seedDictionaryMatch> {}
export interface FeatureStability extends z.output<typeof featureStability> {}
/** seeds.json: what several runs with different seeds have in common and where they differ. */
export interface SeedsResults extends z.output<typeof seedsResults> {}

/** Writes seeds.json, atomically. @param folder that of all seeds */
export function writeSeedsResults(folder: string, results: SeedsResults): Promise<void> {
  return writeJson(join(folder, "seeds.json"), results);
}

/**
 * @throws FormatError when there is no seeds.json, or it has another form than runs of several
 * seeds write
 */
export async function readSeedsResults(folder: string): Promise<SeedsResults> {
  const file = join(folder, "seeds.json");
  return check(seedsResults, renameSeeds(await readJson(file)), file);
}
