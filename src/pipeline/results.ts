/**
 * The shape of results.json: every number of every table and figure. Each stage owns one section and writes it when it ends.
 * Types only, so that the report can read results without importing what computes them.
 */

import type {
  Ablation,
  AblationKind,
  AblationOfKind,
  ActivationFrequency,
  Classification,
  ControlEffect,
  DetectionSummary,
  ExplainedFeature,
  KendallResult,
  LexiconRow,
  TriplesSummary,
} from "../interpret/index.js";
import type { AutoencoderQuality } from "../sae/index.js";
import type { Interval } from "../stats/bootstrap.js";

export type { AblationKind, AblationOfKind, ControlEffect, Interval, KendallResult, LexiconRow };

export type ModelRole = "base" | "tuned";
export type DictionarySize = "small" | "large";

/** Reward of completions of held-out prefixes, the same prefixes and random numbers for both models (paper, Table 7). */
export interface TuneResults {
  batches: number;
  promptTokens: number;
  newTokens: number;
  /** Reward of prefix + completion. */
  reward: { base: Interval; tuned: Interval; difference: Interval };
  /** Reward of the completion alone. */
  completionReward: { base: Interval; tuned: Interval; difference: Interval };
  /** Distinct bigrams divided by bigrams, over all completions of a model. */
  distinct2: { base: number; tuned: number };
  /** The base model's perplexity per token of each model's completions. */
  basePerplexity: { base: Interval; tuned: Interval };
  /** Mean KL(tuned || base) per completion, sampled from tuned, in nats (sum over its tokens). */
  kl: Interval;
}

/** L2 norms of parameter differences (paper, section 4.2 and Figure 4). */
export interface DivergenceResults {
  layers: { layer: number; divergence: number; tensors: { name: string; l2: number }[] }[];
  /** Embeddings, unembedding and final norm: listed, never chosen. */
  others: { name: string; l2: number }[];
  /** The chosen layers, in ascending order. */
  chosen: number[];
}

/** One trained autoencoder, measured on held-out texts (paper, Appendix J; SAELens's names). */
export interface DictionaryQuality extends AutoencoderQuality {
  model: ModelRole;
  size: DictionarySize;
}

export interface DictionariesResults {
  tokenVisits: number;
  l1Coef: number;
  dictionaries: DictionaryQuality[];
  /** Training curve: mean losses of consecutive stretches of steps. */
  curves: {
    model: ModelRole;
    layer: number;
    size: DictionarySize;
    step: number[];
    mse: number[];
    l1: number[];
    l0: number[];
  }[];
}

/** Mean max cosine similarity of small in large (paper, Eq. 2). */
export interface MatchResults {
  topK: number;
  pairs: {
    model: ModelRole;
    layer: number;
    mmcs: number;
    /** The same for random dictionaries of the same sizes. */
    randomMmcs: number;
    /** Best cosine of each of the small dictionary's features, in the order of its features. */
    cosines: number[];
    /** The topK features with the highest cosine, best first. */
    top: { feature: number; cosine: number; partner: number }[];
  }[];
}

/** Counts over features.jsonl (paper, section 4.4). */
export interface ClassifyResults {
  explainer: string;
  models: {
    model: ModelRole;
    explained: number;
    related: number;
    byLayer: { layer: number; explained: number; related: number }[];
    /** How many features are about each topic; a feature may be about several or none. */
    topics: { topic: string; features: number }[];
  }[];
  /** How labels were decided, e.g. "permutation test over texts, Benjamini-Hochberg q = 0.05". */
  criterion: string;
}

/** How well explanations predict where their features fire, on texts that made no explanation. */
export interface ScoreResults {
  /** Length of an excerpt that is told to fire or not. */
  excerptTokens: number;
  models: ({ model: ModelRole } & DetectionSummary)[];
}

export type TriplesResults = TriplesSummary;

/** The linear reward model R and the lexicon that it rebuilds, for one model (paper, sections 4.3 and 5.1). */
export interface ProbeOfModel {
  model: ModelRole;
  rows: number;
  inputs: number;
  words: number;
  meanPositiveDelta: number;
  meanNegativeDelta: number;
  /** Labels of R are deltas times this factor: 4 / max |delta|. */
  labelScale: number;
  /** Out-of-fold R-squared of R on the deltas. */
  r2: { leastSquares: number; ridge: number };
  ridgeStrength: number;
  signAgreement: Interval;
  /** Over all rebuilt words, and over the lexicon's negative or positive ones alone (paper, Tables 4 and 11). */
  kendall: { estimator: "leastSquares" | "ridge"; words: "all" | "negative" | "positive"; result: KendallResult }[];
}

export interface ProbeResults {
  models: ProbeOfModel[];
  /** tau(tuned) - tau(base) over the same words, least squares and ridge. */
  tauDifference: { estimator: "leastSquares" | "ridge"; difference: Interval }[];
  /** Rank correlation of probes that must not work, for the tuned model's codes: what their labels were. */
  controls?: { labels: string; kendall: KendallResult }[];
  /** Table 10's thirty words and whether they could be rebuilt. */
  paperWords: { word: string; trueValue: number; tuned: number | null; base: number | null; paper: number }[];
}

/** Reward before and after ablating features (paper, Table 5). */
export type AblateResults = Ablation;

/** How often features fire where R predicts a high reward (paper, Table 6). */
export interface FrequencyResults {
  models: ({ model: ModelRole } & ActivationFrequency)[];
}

/** results.json */
export interface Results {
  tune?: TuneResults;
  divergence?: DivergenceResults;
  dictionaries?: DictionariesResults;
  match?: MatchResults;
  classify?: ClassifyResults;
  score?: ScoreResults;
  triples?: TriplesResults;
  probe?: ProbeResults;
  ablate?: AblateResults;
  frequency?: FrequencyResults;
}

/** One line of features.jsonl: a feature as `explain` leaves it; `classify` adds its label, `score` its `scores.detection`. */
export interface FeatureRecord extends ExplainedFeature, Partial<Classification> {
  model: ModelRole;
}

/** One line of tuning/samples.jsonl. */
export interface TuningSample {
  batch: number;
  query: string;
  base: string;
  tuned: string;
  baseReward: number;
  tunedReward: number;
}

/** One line of tuning/metrics.jsonl: TRL's names, one number each, and the batch it belongs to. */
export type TuningMetrics = { batch: number } & Record<string, number>;
