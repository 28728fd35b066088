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
export { type Detection, type DetectionSummary, scoreDetection, summariseDetection } from "./detection.js";
export { EXCERPT_TOKENS, type Excerpt } from "./excerpts.js";
export {
  type Classification,
  type ExplainedFeature,
  type Explainer,
  type Explanation,
  explainFeatures,
  type FeatureScores,
  type UnlabelledFeature,
} from "./explain.js";
export type { ScoringOptions } from "./explanation-scores.js";
export type { FiringRule } from "./firing-rule.js";
export { type MarkedExcerpt, scoreFuzzing } from "./fuzzing.js";
export type { Interval, Resampling } from "./interval.js";
export {
  kendallOf,
  type LexiconRow,
  lexiconOccurrences,
  lexiconPositions,
  lexiconRows,
  occurrencesWithInputs,
  type ProbeSummary,
  type RebuiltWord,
  rebuildLexicon,
  summariseProbe,
  tauDifference,
  type WordOccurrences,
} from "./lexicon.js";
export { type Answer, askFor, type Chat, type Message, NoAnswerError, type Reply } from "./llm/chat.js";
export { estimateLlmWork, type LlmEstimate, type LlmWork } from "./llm/estimate.js";
export { type LlmExplainerOptions, llmExplainer } from "./llm/llm-explainer.js";
export { type OpenAiChat, type OpenAiChatOptions, openAiChat } from "./llm/openai-chat.js";
export { loadPrompts, type PromptName, type Prompts } from "./llm/prompts.js";
export { llmSubstitutes } from "./llm/propose-substitutes.js";
export {
  contrastWords,
  type OverRepresentation,
  overRepresentedWords,
  type WordContrast,
} from "./over-represented-words.js";
export {
  comparePlainWithProbe,
  type PlainAgainstProbe,
  type PlainControl,
  type PlainLexiconSummary,
  type PlainWord,
  type PlainWordSet,
  plainLexicon,
  summarisePlainLexicon,
} from "./plain-lexicon.js";
export {
  type Estimator,
  estimators,
  fitProbe,
  type LinearProbe,
  type ProbeFit,
  type ProbeLabels,
  predict,
} from "./probe.js";
export { compareRankAgreement, type KendallResult, rankAgreement } from "./rank-agreement.js";
export { type RuleExplainerOptions, ruleExplainer } from "./rule-explainer.js";
export {
  SIMULATED_TOKENS,
  type Simulation,
  type SimulationSummary,
  scoreSimulation,
  summariseSimulation,
} from "./simulation.js";
export {
  attributeTexts,
  type CountOptions,
  countFeatures,
  mostFrequentWords,
  type TextAttribution,
  type TextFeature,
} from "./text-attribution.js";
export {
  type RewardedText,
  type TextAgreement,
  type TextSource,
  textAgreement,
  textValue,
  type ValuedCompletion,
} from "./text-values.js";
export { tokenStringTau } from "./token-string-tau.js";
export { readTokenValues, type TokenValues, type TokenValuesOptions } from "./token-values.js";
export { type Example, topExamples } from "./top-examples.js";
export type { TopicScore } from "./topic-association.js";
export {
  buildTriples,
  type ProposeSubstitutes,
  type Triple,
  type TriplesOptions,
  type TriplesSummary,
  type TripleWord,
  textsForTriples,
} from "./triples.js";
export { type WordSpan, WordTokens } from "./word-tokens.js";
export { type WrittenToken, type WrittenTokens, writtenTokens } from "./written-tokens.js";
