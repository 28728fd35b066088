/** Looking inside: what features mean, what reward the model learned, and what happens without the features that carry it. */
export { layerDivergence, matchDictionaries } from "../compare/index.js";
export {
  type AblateOptions,
  type Ablation,
  type AblationKind,
  type AblationOfKind,
  ablate,
  type ControlEffect,
} from "./ablate.js";
export { type ActivationFrequency, activationFrequency, type FrequencyOptions } from "./activation-frequency.js";
export { encodeRows, encodeTexts, type LayerEncoder, rawActivations, type TextCodes } from "./codes.js";
export { collectEvidence, type FeatureEvidence, type LayerSelection } from "./collect-evidence.js";
export type { Control, LayerFeatures } from "./control-features.js";
export { type DeltaRow, type SentimentDeltas, sentimentDeltas } from "./deltas.js";
export { type Classification, type ExplainedFeature, type Explainer, explainFeatures } from "./explain.js";
export type { Interval, Resampling } from "./interval.js";
export {
  type KendallResult,
  kendallOf,
  type LexiconRow,
  lexiconOccurrences,
  lexiconRows,
  occurrencesWithInputs,
  type ProbeSummary,
  type RebuiltWord,
  rebuildLexicon,
  summariseProbe,
  tauDifference,
  type WordOccurrences,
} from "./lexicon.js";
export { type Estimator, fitProbe, type LinearProbe, type ProbeFit, type ProbeLabels, predict } from "./probe.js";
export { type RuleExplainerOptions, ruleExplainer } from "./rule-explainer.js";
export { type Example, shownExamples, topExamples } from "./top-examples.js";
export { buildTriples, type Triple, type TriplesOptions, type TriplesSummary, type TripleWord } from "./triples.js";
export { type WordSpan, WordTokens } from "./word-tokens.js";
