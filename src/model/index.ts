/** Causal language models: loading, reading and editing activations, sampling, saving. */

export type { FeatureDictionary, GivenDictionary } from "../dictionary/dictionary.js";
export type { DictionaryKind } from "../dictionary/kind.js";
export type { CausalLm } from "./causal-lm.js";
export { mlpHookPoint } from "./hook-points.js";
export { inspectModel, type ModelInspection } from "./inspect.js";
export type {
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
export { type ResolveModelOptions, resolveModel } from "./resolve-model.js";
export { type ModelHead, StoredModel } from "./stored-model.js";
export { loadClassifier, type TextClassifier } from "./text-classifier.js";
export { trainBpe } from "./tokenizer/bpe-trainer.js";
export { type ChatTemplate, loadChatTemplate, renderPreference } from "./tokenizer/chat-template.js";
export { loadTokenizer } from "./tokenizer/tokenizer.js";
