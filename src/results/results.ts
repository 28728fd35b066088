/**
 * The shape of results.json: every number of every table and figure. Each stage owns one section and writes it when it ends.
 * Types only, so that the report can read results without importing what computes them.
 */

import type { LayerDivergence } from "../compare/index.js";
import type {
  Ablation,
  AblationKind,
  AblationOfKind,
  ActivationFrequency,
  Classification,
  ControlEffect,
  Detection,
  DetectionSummary,
  Estimator,
  ExplainedFeature,
  KendallResult,
  LabelScores,
  LexiconRow,
  OverRepresentation,
  PlainAgainstProbe,
  PlainLexiconSummary,
  PlainWord,
  ProbeSummary,
  Simulation,
  SimulationSummary,
  TextAgreement,
  TextAttribution,
  TriplesSummary,
} from "../interpret/index.js";
import type { AutoencoderQuality } from "../sae/index.js";
import type { Interval } from "../stats/bootstrap.js";

export type { AblationKind, AblationOfKind, ControlEffect, Interval, KendallResult, LexiconRow, PlainWord };

export type ModelRole = "base" | "tuned";
export type DictionarySize = "small" | "large";

/** One point or row: how its autoencoders are trained, and on which layers. */
export interface StudySetting {
  /** In words, unlike any other of its study: `l1 0.001`, `untied weights`, `lowest divergence`. */
  setting: string;
  layers: number[];
  tied: boolean;
  /** Of ReLU autoencoders. */
  l1Coef?: number;
  /** Of top-k autoencoders. */
  k?: number;
}

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
export type DivergenceResults = LayerDivergence;

/** One trained autoencoder, measured on held-out texts (paper, Appendix J; SAELens's names). */
export interface DictionaryQuality extends AutoencoderQuality {
  model: ModelRole;
  size: DictionarySize;
}

export interface DictionariesResults {
  tokenVisits: number;
  /** Of ReLU autoencoders. */
  l1Coef?: number;
  /** Of top-k autoencoders: codes of a token that are kept. */
  k?: number;
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

/** One setting of a study, the mean over its layers. */
export interface MeasuredSetting extends StudySetting {
  /** Mean number of non-zero codes per token of held-out texts after training: the paper's "true sparsity", which it divides by 100. */
  l0: Interval;
  /** Mean squared error divided by the variance of the activations, on the same texts. */
  normalisedMse: Interval;
  explainedVariance: number;
  /** Features of an autoencoder that no held-out token activated. */
  deadFeatures: number;
  /** The same losses as the mean over all steps of training, the error divided by the variance on held-out texts. */
  training: { l0: number; normalisedMse: number };
}

/** Settings beside each other; differences are over the same texts. */
export interface StudyComparison {
  settings: MeasuredSetting[];
  /** setting - from */
  differences: { setting: string; from: string; l0: Interval; normalisedMse: Interval }[];
}

/** Autoencoders of the tuned model, of the small size, trained otherwise (paper, Appendix J). */
export interface StudiesResults {
  tokenVisits: number;
  dSae: number;
  /** By rising l1Coef (Figure 5); empty where it was not asked for. */
  sweep: MeasuredSetting[];
  /** Table 12 */
  tying?: StudyComparison;
  /** Table 13 */
  layerChoice?: StudyComparison;
}

/** Mean max cosine similarity of small in large (paper, Eq. 2), or of pairs that are matched one to one. */
export interface MatchResults {
  topK: number;
  /** Default: each feature with its best match, which others may share. */
  matching?: "oneToOne";
  pairs: {
    model: ModelRole;
    layer: number;
    mmcs: number;
    /** The same for random dictionaries of the same sizes. */
    randomMmcs: number;
    /** Cosine of each of the small dictionary's features with its match, in the order of its features. */
    cosines: number[];
    /** The topK features with the highest cosine, best first. */
    top: { feature: number; cosine: number; partner: number }[];
  }[];
  /** Of every two dictionaries of a layer, the MMCS of one in the other; runs of earlier versions have none. */
  between?: { layer: number; from: DictionaryName; to: DictionaryName; mmcs: number }[];
}

/** A dictionary of a layer. */
export type DictionaryName = `${ModelRole} ${DictionarySize}`;

/** Counts over features.jsonl (paper, section 4.4). */
export interface ClassifyResults {
  explainer: string;
  models: {
    model: ModelRole;
    explained: number;
    related: number;
    /** Of those not related, how many are so for want of a usable answer; absent when none. */
    unanswered?: number;
    byLayer: { layer: number; explained: number; related: number }[];
    /** How many features are about each topic; a feature may be about several or none. */
    topics: { topic: string; features: number }[];
  }[];
  /** How labels were decided, e.g. "permutation test over texts, Benjamini-Hochberg q = 0.05". */
  criterion: string;
}

/** How well explanations predict where their features fire, and how strongly, on texts that made no explanation. */
export interface ScoreResults {
  /** Length of an excerpt that is told to fire or not, or has marks. */
  excerptTokens: number;
  /** Whether explanations tell in which excerpts their features fire. */
  models: ({ model: ModelRole } & DetectionSummary)[];
  /** Whether explanations tell at which tokens of an excerpt their features fire. */
  fuzzing: ({ model: ModelRole } & DetectionSummary)[];
  /** How activations that are predicted from explanations go with the true ones; excerpts of `simulatedTokens` tokens. */
  simulation: ({ model: ModelRole } & SimulationSummary)[];
  simulatedTokens: number;
}

export type TriplesResults = TriplesSummary;

/** The linear reward model R and the lexicon that it rebuilds, for one model (paper, sections 4.3 and 5.1, Tables 4 and 11). */
export interface ProbeOfModel extends ProbeSummary {
  model: ModelRole;
}

export interface ProbeResults {
  models: ProbeOfModel[];
  /** tau(tuned) - tau(base) over the same words, least squares and ridge. */
  tauDifference: { estimator: Estimator; difference: Interval }[];
  /**
   * Rank correlation of other probes of the tuned model: what their labels were, or `rawActivations` for the same labels
   * predicted from MLP outputs instead of codes.
   */
  controls: { labels: string; estimator: Estimator; kendall: KendallResult }[];
  /** Where asked for: tau of the words' strings in the two orders, as published; it says nothing about the values. */
  tokenStrings?: { model: ModelRole; tau: number; pValue: number }[];
  /** Table 10's thirty words and whether they could be rebuilt. */
  paperWords: { word: string; trueValue: number; tuned: number | null; base: number | null; paper: number }[];
}

/** What the two models say directly: values of words and of whole texts without autoencoder, triples or training. */
export interface PlainResults {
  /** Contexts in which the vocabulary was read. */
  positions: number;
  /** Mean KL(base || tuned) per context, in nats. */
  klFromBase: number;
  lexicon: PlainLexiconSummary;
  /** Tau of the reading and of the tuned model's probe over the words that both have. */
  againstProbe: PlainAgainstProbe[];
  /** How log-ratios of held-out completions go with their rewards. */
  texts: TextAgreement[];
  attribution: TextAttribution[];
  overRepresented: OverRepresentation;
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
  studies?: StudiesResults;
  match?: MatchResults;
  classify?: ClassifyResults;
  score?: ScoreResults;
  triples?: TriplesResults;
  probe?: ProbeResults;
  plain?: PlainResults;
  ablate?: AblateResults;
  frequency?: FrequencyResults;
}

/** One line of features.jsonl: a feature as `explain` leaves it; `classify` adds its label, `score` its scores of the explanation. */
export interface FeatureRecord
  extends Omit<ExplainedFeature, "atLevels" | "histogram">,
    Partial<Omit<Classification, "scores">> {
  model: ModelRole;
  scores?: LabelScores & { detection?: Detection; fuzzing?: Detection; simulation?: Simulation };
  /** Runs of earlier versions have neither these two nor those below. */
  atLevels?: ExplainedFeature["atLevels"];
  histogram?: ExplainedFeature["histogram"];
  /** The nearest feature of the other model's small dictionary of the layer, by the cosine of decoder directions. */
  inOtherModel?: { feature: number; cosine: number };
  /** Tokens whose logits its direction raises most, and lowers most; see `writtenTokens`. */
  promoted?: { token: string; logit: number }[];
  suppressed?: { token: string; logit: number }[];
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

/** A number that the runs of several seeds have in common. The spread is that between runs, not the interval within one. */
export interface Spread {
  /** One value per seed, in the order of the seeds; null where a run has none. */
  values: (number | null)[];
  /** The 95% interval that each run gives its value, where the number has one; not part of the spread. */
  intervals?: ([low: number, high: number] | null)[];
  /** How many seeds have a value, at least 1. */
  n: number;
  mean: number;
  /** Of a sample (n - 1 in the denominator); null for one value. */
  standardDeviation: number | null;
  min: number;
  max: number;
}

/** What tells the entries of a list apart, e.g. `{ model: "tuned", layer: 3 }`. */
export type Identity = Readonly<Record<string, string | number>>;

/** A number of results.json: the names that lead to it, an entry of a list by its identity. */
export interface SeedFigure extends Spread {
  path: (string | Identity)[];
}

/** One of the figures that a reader looks at first. */
export interface HeadFigure extends Spread {
  id: HeadFigureId;
  /** In words. */
  name: string;
  /** Shares are shown in percent. */
  kind: "number" | "share";
  /** For differences and effects, whose sign is the finding: how many seeds have which. */
  signs?: { positive: number; negative: number };
}

export type HeadFigureId =
  | "rewardTuned"
  | "rewardBase"
  | "rewardGain"
  | "tauTuned"
  | "tauBase"
  | "tauDifference"
  | "ridgeTauTuned"
  | "ridgeTauBase"
  | "ridgeTauDifference"
  | "plainTau"
  | "plainAgainstRidge"
  | "ablationEffect"
  | "ablationRandom"
  | "ablationMatched"
  | "ablationUnlabelled"
  | "ablationAgainstRandom"
  | "ablationAgainstMatched"
  | "frequencyRelated"
  | "frequencyMatched"
  | "frequencyAverage"
  | "frequencyAgainstMatched"
  | "mmcsTuned"
  | "mmcsBase"
  | "mmcsRandom";

/** MMCS of the small dictionaries that two runs trained for the same layer: the mean of both directions. */
export interface SeedDictionaryMatch {
  model: ModelRole;
  layer: number;
  seeds: [number, number];
  mmcs: number;
  /** The same for random dictionaries of the same sizes. */
  randomMmcs: number;
}

/** seeds.json: the runs of several seeds, number by number. */
export interface SeedsResults {
  seeds: number[];
  /** The layers that each run looked into; null where it did not get so far. */
  chosenLayers: (number[] | null)[];
  heads: HeadFigure[];
  dictionaryMatches: SeedDictionaryMatch[];
  figures: SeedFigure[];
}

/** What the report takes from run.json. */
export interface RunRecordData {
  /** The resolved configuration, groups of settings. */
  config: Record<string, unknown>;
  versions: Record<string, string>;
  stages: Record<string, { status: string; seconds?: number; error?: string }>;
}

/** A sentiment activation delta: positive for a positive word, negative for a negative one, before scaling. */
export interface DeltaPoint {
  model: ModelRole;
  sign: 1 | -1;
  delta: number;
}
