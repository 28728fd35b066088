/**
 * Interpretation: explanations of features, the learned reward, and ablation of features.
 *
 * @module
 */

export { layerDivergence, matchDictionaries } from "../compare/index.js";
export type { ModelModule, ParameterRole, UnitKind } from "../model/architectures/parameter-role.js";
export type { Interval, Resampling } from "../stats/interval.js";
export { compareRankAgreement, type KendallResult, rankAgreement } from "../stats/rank-agreement.js";
export { tokenStringTau } from "../stats/token-string-tau.js";
export { loadPrompts, type PromptName, type Prompts } from "../text/prompts.js";
export {
  type AuditedText,
  extremeTexts,
  logRatioOf,
  type TextMeasure,
  type TextOrigin,
  textMeasures,
} from "./audit/audited-text.js";
export {
  columnFor,
  type ExplainingProperty,
  explainLogRatios,
  type LogRatioExplanation,
} from "./audit/explain-log-ratios.js";
export { type PropertyColumn, type PropertyLists, propertyColumns } from "./audit/properties.js";
export { type PropertyShift, propertyShifts } from "./audit/property-shifts.js";
export { extremeWords, type WordLogRatio, wordLogRatios } from "./audit/word-log-ratios.js";
export { BetweenModels, type Recipient } from "./carry/between-models.js";
export { type Carry, type CarryOptions, carry, type RewardedParts } from "./carry/carry.js";
export { type CarryOfParts, carryOfParts, type PartsOptions, textsOfParts } from "./carry/carry-of-parts.js";
export type { DosePoint } from "./carry/dose.js";
export type { Exchange, SharedDictionary } from "./carry/interchange/exchange.js";
export { type ExchangedOptions, exchangedLogits } from "./carry/interchange/exchanged-logits.js";
export type { FeatureControl } from "./carry/interchange/feature-sets.js";
export {
  type FeatureSetShares,
  type Interchange,
  type InterchangeOptions,
  interchange,
  interchangeTexts,
  type RankedFeature,
  type SharesCarried,
  type WholeExchange,
} from "./carry/interchange/interchange.js";
export { type ModelPart, modelParts, type PartGroup, type PartGroupName, partGroups } from "./carry/model-parts.js";
export type { PartsTogether, PatchEffect, PatchEffects } from "./carry/patches.js";
export type { PartOnPath } from "./carry/path-summary.js";
export { contrast, type TextPair } from "./carry/text-pairs.js";
export {
  type TensorCarry,
  type UnitCarry,
  type WeightPath,
  type WeightPathOptions,
  weightPath,
} from "./carry/weight-path.js";
export {
  type CodesAtPositions,
  type EncodeTextsOptions,
  encodeRows,
  encodeTexts,
  type LayerEncoder,
  rawActivations,
  type TextCodes,
} from "./evidence/codes.js";
export {
  collectEvidence,
  type EvidenceCorpus,
  type FeatureEvidence,
  type LayerSelection,
} from "./evidence/collect-evidence.js";
export { EXCERPT_TOKENS, type Excerpt, type MarkedExcerpt } from "./evidence/excerpts.js";
export { type ChangedFeature, meanCodes, mostChanged } from "./evidence/most-changed.js";
export { type Example, topExamples } from "./evidence/top-examples.js";
export { type ExplainedFeature, type ExplainOptions, explainFeatures, type FeatureChoice } from "./explain/explain.js";
export type {
  Classification,
  Explainer,
  Explanation,
  LabelScores,
  UnlabelledFeature,
} from "./explain/explainer.js";
export { type LogitEffect, type LogitLens, logitLens } from "./explain/logit-lens.js";
export type { FoundPattern, Pattern, PatternLevels } from "./explain/pattern/pattern.js";
export { withPromoted } from "./explain/pattern/pattern-name.js";
export { type RuleExplainerOptions, ruleExplainer } from "./explain/rule-explainer.js";
export type { TopicScore } from "./explain/topic-association.js";
export {
  attributeTexts,
  type CountOptions,
  countFeatures,
  mostFrequentWords,
  type TextAttribution,
  type TextFeature,
} from "./implicit-reward/attribution.js";
export {
  logRatio,
  type RewardedText,
  type ScoredCompletion,
  type TextAgreement,
  type TextSource,
  textAgreement,
} from "./implicit-reward/completion-rewards.js";
export {
  type LabelAccuracy,
  labelAccuracy,
  type ScoredLabel,
  scoredLabel,
  scoreLabelled,
  type TokenCompletion,
  tokenCompletion,
} from "./implicit-reward/label-accuracy.js";
export {
  compareImplicitRewardWithProbe,
  type ImplicitRewardAgainstProbe,
  type ImplicitRewardControl,
  type ImplicitRewardSummary,
  type ImplicitRewardWord,
  type ImplicitRewardWordSet,
  implicitRewardLexicon,
  summariseImplicitReward,
} from "./implicit-reward/lexicon.js";
export {
  type CompletedPrompt,
  contrastWords,
  type OverRepresentation,
  overRepresentedWords,
  type WordContrast,
  wordsByPrompt,
} from "./implicit-reward/over-represented-words.js";
export {
  type PreferenceAccuracy,
  preferenceAccuracy,
  rowsOfPair,
  type ScoredPair,
  scoredPair,
  scorePairs,
  type TokenPair,
  tokenPair,
} from "./implicit-reward/preference-accuracy.js";
export { type AnswerRow, answerLogProbs, answerRewards } from "./implicit-reward/row-rewards.js";
export {
  compareStates,
  finalStates,
  readTokenRewards,
  type TokenRewards,
  type TokenRewardsOptions,
} from "./implicit-reward/token-rewards.js";
export { type Answer, askFor, type Chat, type Message, NoAnswerError, type Reply } from "./llm/chat.js";
export { estimateLlmWork, type LlmEstimate, type LlmWork } from "./llm/estimate.js";
export { type LlmExplainerOptions, llmExplainer } from "./llm/llm-explainer.js";
export { type OpenAiChat, type OpenAiChatOptions, openAiChat, tryChat } from "./llm/openai-chat.js";
export { llmSubstitutes } from "./llm/propose-substitutes.js";
export { type DeltaOptions, type DeltaRow, type SentimentDeltas, sentimentDeltas } from "./probe/deltas.js";
export {
  type Estimator,
  estimators,
  fitProbe,
  type LinearProbe,
  type ProbeFit,
  type ProbeLabels,
  type ProbeOptions,
  predict,
} from "./probe/probe.js";
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
  type WordSet,
} from "./probe/rebuilt-lexicon.js";
export type { LinearFit } from "./probe/regression.js";
export { type TripleLogRatioOptions, tripleLogRatios } from "./probe/triple-log-ratios.js";
export { TripleWords } from "./probe/triple-words.js";
export {
  buildTriples,
  type ProposeSubstitutes,
  type Triple,
  type TriplesOptions,
  type TriplesSummary,
  type TripleWord,
  textsForTriples,
} from "./probe/triples.js";
export { type Detection, type DetectionSummary, summariseDetection } from "./score/balanced-accuracy.js";
export { scoreDetection } from "./score/detection.js";
export type { ScoringOptions } from "./score/explanation-scores.js";
export { scoreFuzzing } from "./score/fuzzing.js";
export {
  SIMULATED_TOKENS,
  type Simulation,
  type SimulationSummary,
  scoreSimulation,
  summariseSimulation,
} from "./score/simulation.js";
export {
  type AblateOptions,
  type Ablation,
  type AblationKind,
  type AblationOfKind,
  type AblationRewards,
  ablate,
  type ControlEffect,
} from "./validate/ablate.js";
export {
  type ActivationFrequency,
  activationFrequency,
  type FrequencyOptions,
} from "./validate/activation-frequency.js";
export type { Control, LayerFeatures } from "./validate/control-features.js";
export { type WordSpan, WordTokens } from "./words/word-tokens.js";
