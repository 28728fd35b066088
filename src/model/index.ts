/**
 * Causal language models: loading, reading and editing activations, sampling, saving.
 *
 * @module
 */

export type { FeatureDictionary, GivenDictionary } from "../dictionary/dictionary.js";
export type { DictionaryKind } from "../dictionary/kind.js";
export type { HubOptions, HubProgress } from "../io/hub/hub.js";
export type { HubSettings } from "../io/hub/settings.js";
export type { CausalLm } from "./causal-lm.js";
export { mlpHookPoint } from "./hook-points.js";
export { type InspectedFile, inspectModel, type ModelInspection } from "./inspect.js";
export type {
  DecodeOptions,
  Edit,
  ForwardInput,
  ForwardOptions,
  ForwardResult,
  GenerateOptions,
  LanguageModel,
  LogProbsOptions,
  ModelConfig,
  Tokenizer,
} from "./language-model.js";
export { copyModel, type LoadOptions, loadModel, saveModel } from "./load.js";
export { type AdapterOptions, type ResolveModelOptions, resolveModel } from "./resolve-model.js";
export { type ModelHead, StoredModel } from "./stored-model.js";
export { loadClassifier, type TextClassifier } from "./text-classifier.js";
export { type TrainBpeOptions, trainBpe } from "./tokenizer/bpe-trainer.js";
export {
  type ChatTemplate,
  loadChatTemplate,
  type PreferenceTexts,
  renderPreference,
} from "./tokenizer/chat-template.js";
export { loadTokenizer } from "./tokenizer/tokenizer.js";
export type { UnusedTensor } from "./weight-notes.js";
