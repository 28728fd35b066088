/** The classifiers that can be loaded, by their `model_type`. Each takes the config that its own `parseConfig` gave. */

import { gptNeo } from "../gpt-neo.js";
import { gptNeox } from "../gpt-neox.js";
import { gpt2 } from "../gpt2.js";
import { gemma3 } from "../llama/gemma3.js";
import { llama } from "../llama/llama.js";
import { mistral } from "../llama/mistral.js";
import { olmo2 } from "../llama/olmo2.js";
import { qwen2, qwen3 } from "../llama/qwen.js";
import { bert, roberta } from "./bert.js";
import type { ClassifierArchitecture } from "./classifier.js";
import { decoderClassifier } from "./decoder-classifier.js";
import { distilbert } from "./distilbert.js";

export const classifiers: readonly ClassifierArchitecture[] = [
  distilbert,
  bert,
  roberta,
  decoderClassifier(gptNeox, "GPTNeoXForSequenceClassification"),
  decoderClassifier(gptNeo, "GPTNeoForSequenceClassification"),
  decoderClassifier(gpt2, "GPT2ForSequenceClassification"),
  decoderClassifier(llama, "LlamaForSequenceClassification"),
  decoderClassifier(qwen2, "Qwen2ForSequenceClassification"),
  decoderClassifier(qwen3, "Qwen3ForSequenceClassification"),
  decoderClassifier(mistral, "MistralForSequenceClassification"),
  decoderClassifier(olmo2, "Olmo2ForSequenceClassification", 1),
  decoderClassifier(gemma3, "Gemma3TextForSequenceClassification", 0),
];
