/** The form of a run's files, as far as the report reads them. The types of results.ts are checked against it. */
import { z } from "zod";
import { plain } from "./plain-schema.js";
import type {
  DeltaPoint,
  FeatureRecord,
  LexiconRow,
  PlainWord,
  Results,
  RunRecordData,
  TuningMetrics,
  TuningSample,
} from "./results.js";
import { estimator, interval, kendall, number } from "./schema-values.js";

const role = z.enum(["base", "tuned"]);
const size = z.enum(["small", "large"]);
const paired = z.object({ base: interval, tuned: interval, difference: interval });
const control = z.object({ draws: z.array(interval), meanEffect: interval, difference: interval });
const tensor = z.object({ name: z.string(), l2: number });

const tune = z.object({
  batches: number,
  promptTokens: number,
  newTokens: number,
  reward: paired,
  completionReward: paired,
  distinct2: z.object({ base: number, tuned: number }),
  basePerplexity: z.object({ base: interval, tuned: interval }),
  kl: interval,
});

const divergence = z.object({
  layers: z.array(z.object({ layer: number, divergence: number, tensors: z.array(tensor) })),
  others: z.array(tensor),
  chosen: z.array(z.number()),
});

const dictionary = z.object({ model: role, layer: z.number(), size });

const dictionaries = z.object({
  tokenVisits: number,
  l1Coef: number.optional(),
  k: number.optional(),
  dictionaries: z.array(
    dictionary.extend({
      dIn: number,
      dSae: number,
      tokens: number,
      l0: number,
      normalisedMse: number,
      explainedVariance: number,
      deadFeatures: number,
      loss: z.object({ original: number, spliced: number, zeroed: number }),
      lossRecovered: number,
    }),
  ),
  curves: z.array(
    dictionary.extend({ step: z.array(number), mse: z.array(number), l1: z.array(number), l0: z.array(number) }),
  ),
});

const studySetting = z.object({
  setting: z.string(),
  layers: z.array(z.number()),
  tied: z.boolean(),
  l1Coef: number.optional(),
  k: number.optional(),
  l0: interval,
  normalisedMse: interval,
  explainedVariance: number,
  deadFeatures: number,
  training: z.object({ l0: number, normalisedMse: number }),
});

const studyComparison = z.object({
  settings: z.array(studySetting),
  differences: z.array(z.object({ setting: z.string(), from: z.string(), l0: interval, normalisedMse: interval })),
});

const studies = z.object({
  tokenVisits: number,
  dSae: number,
  sweep: z.array(studySetting),
  tying: studyComparison.optional(),
  layerChoice: studyComparison.optional(),
});

const dictionaryName = z.enum(["base small", "base large", "tuned small", "tuned large"]);

const match = z.object({
  topK: number,
  matching: z.literal("oneToOne").optional(),
  pairs: z.array(
    z.object({
      model: role,
      layer: z.number(),
      mmcs: number,
      randomMmcs: number,
      cosines: z.array(number),
      top: z.array(z.object({ feature: number, cosine: number, partner: number })),
    }),
  ),
  between: z.array(z.object({ layer: z.number(), from: dictionaryName, to: dictionaryName, mmcs: number })).optional(),
});

const counts = { explained: number, related: number };

const classify = z.object({
  explainer: z.string(),
  models: z.array(
    z.object({
      model: role,
      ...counts,
      unanswered: number.optional(),
      byLayer: z.array(z.object({ layer: z.number(), ...counts })),
      topics: z.array(z.object({ topic: z.string(), features: number })),
    }),
  ),
  criterion: z.string(),
});

const explanationScore = { model: role, explained: number, scored: number, control: interval, difference: interval };
const accuracy = z.object({ ...explanationScore, balancedAccuracy: interval });

const score = z.object({
  excerptTokens: number,
  models: z.array(accuracy),
  fuzzing: z.array(accuracy),
  simulation: z.array(z.object({ ...explanationScore, correlation: interval })),
  simulatedTokens: number,
});

const triples = z.object({
  triples: number,
  distinctPositives: number,
  distinctNegatives: number,
  distinctNeutrals: number,
  largestNegativeShare: number,
  largestNeutralShare: number,
  proposed: z.object({ negatives: number, neutrals: number }).optional(),
  samples: z.array(z.object({ context: z.string(), positive: z.string(), neutral: z.string(), negative: z.string() })),
});

const probe = z.object({
  models: z.array(
    z.object({
      model: role,
      rows: number,
      inputs: number,
      words: number,
      meanPositiveDelta: number,
      meanNegativeDelta: number,
      labelScale: number,
      r2: z.object({ leastSquares: number, ridge: number }),
      ridgeStrength: number,
      signAgreement: interval,
      kendall: z.array(z.object({ estimator, words: z.enum(["all", "negative", "positive"]), result: kendall })),
    }),
  ),
  tauDifference: z.array(z.object({ estimator, difference: interval })),
  controls: z.array(z.object({ labels: z.string(), estimator, kendall })),
  tokenStrings: z.array(z.object({ model: role, tau: number, pValue: number })).optional(),
  paperWords: z.array(
    z.object({
      word: z.string(),
      trueValue: number,
      tuned: z.number().nullable(),
      base: z.number().nullable(),
      paper: number,
    }),
  ),
});

const ablationOfKind = z.object({
  kind: z.enum(["subtractFeatures", "replace"]),
  after: interval,
  effect: interval,
  random: control.optional(),
  matchedFrequency: control.optional(),
  unlabelled: control.optional(),
});

const ablate = ablationOfKind.extend({
  promptTokens: number,
  newTokens: number,
  related: z.array(z.object({ layer: z.number(), features: z.array(number) })),
  base: interval,
  before: interval,
  completion: z.object({ base: interval, before: interval, after: interval, effect: interval }),
  otherKinds: z.array(ablationOfKind),
  eachFeature: z.array(z.object({ layer: z.number(), feature: z.number(), effect: interval })),
});

const frequency = z.object({
  models: z.array(
    z.object({
      model: role,
      positions: number,
      threshold: number,
      criterion: z.enum(["above the threshold", "top decile"]),
      shareAbove: number,
      highPositions: number,
      related: interval,
      average: interval,
      matchedFrequency: interval,
    }),
  ),
});

/** results.json */
export const resultsSchema: z.ZodType<Results> = z.object({
  tune: tune.optional(),
  divergence: divergence.optional(),
  dictionaries: dictionaries.optional(),
  studies: studies.optional(),
  match: match.optional(),
  classify: classify.optional(),
  score: score.optional(),
  triples: triples.optional(),
  probe: probe.optional(),
  plain: plain.optional(),
  ablate: ablate.optional(),
  frequency: frequency.optional(),
});

/** run.json */
export const recordSchema: z.ZodType<RunRecordData> = z.object({
  config: z.record(z.string(), z.unknown()),
  versions: z.record(z.string(), z.string()),
  stages: z.record(
    z.string(),
    z.object({ status: z.string(), seconds: z.number().optional(), error: z.string().optional() }),
  ),
});

const detection = z.object({
  balancedAccuracy: interval,
  control: interval.optional(),
  positives: number,
  negatives: number,
});

/** A line of features.jsonl */
export const featureSchema: z.ZodType<FeatureRecord> = z.object({
  model: role,
  layer: z.number(),
  feature: z.number(),
  cosine: number,
  partner: number,
  density: number,
  maxActivation: number,
  meanWhenActive: number,
  examples: z.array(
    z.object({ tokens: z.array(z.string()), activations: z.array(number), text: z.number(), shown: z.boolean() }),
  ),
  atLevels: z
    .array(z.object({ level: z.number(), tokens: z.array(z.string()), activations: z.array(number) }))
    .optional(),
  histogram: z.array(number).optional(),
  inOtherModel: z.object({ feature: z.number(), cosine: number }).optional(),
  promoted: z.array(z.object({ token: z.string(), logit: number })).optional(),
  suppressed: z.array(z.object({ token: z.string(), logit: number })).optional(),
  topTokens: z.array(z.object({ token: z.string(), share: number, mean: number, count: number })),
  explanation: z.string(),
  explainer: z.string(),
  related: z.boolean().optional(),
  reason: z.string().optional(),
  topics: z.array(z.string()).optional(),
  scores: z
    .object({
      sentimentAssociation: number.optional(),
      pValue: number.optional(),
      qValue: number.optional(),
      topics: z.array(z.object({ topic: z.string(), association: number, pValue: number, qValue: number })).optional(),
      detection: detection.optional(),
      fuzzing: detection.optional(),
      simulation: z
        .object({ correlation: interval, control: interval.optional(), excerpts: number, tokens: number })
        .optional(),
    })
    .optional(),
});

const cell = z
  .string()
  .refine((text) => text.trim() !== "" && Number.isFinite(Number(text)), "expected a number")
  .transform(Number);
const optionalCell = z.union([z.literal("").transform(() => null), cell]);

/** A row of lexicon.csv: texts, an empty one being null. */
export const lexiconSchema: z.ZodType<LexiconRow> = z.object({
  word: z.string(),
  trueValue: cell,
  tuned: optionalCell,
  tunedRidge: optionalCell,
  tunedOccurrences: cell,
  base: optionalCell,
  baseRidge: optionalCell,
  baseOccurrences: cell,
});

/** A row of plain.csv */
export const plainWordSchema: z.ZodType<PlainWord> = z.object({
  word: z.string(),
  trueValue: cell,
  value: cell,
  visits: cell,
  visited: z.enum(["true", "false"]).transform((text) => text === "true"),
});

/** A line of tuning/samples.jsonl */
export const sampleSchema: z.ZodType<TuningSample> = z.object({
  batch: z.number(),
  query: z.string(),
  base: z.string(),
  tuned: z.string(),
  baseReward: number,
  tunedReward: number,
});

/** A line of tuning/metrics.jsonl */
export const metricsSchema: z.ZodType<TuningMetrics> = z.object({ batch: z.number() }).catchall(number);

/** A line of deltas.jsonl */
export const deltaSchema: z.ZodType<DeltaPoint> = z.object({
  model: role,
  sign: z.union([z.literal(1), z.literal(-1)]),
  delta: number,
});
