/** A classifier of texts: tokenizer and model of one folder. */
import type { HubOptions } from "../io/hub/hub.js";
import type { Engine } from "../runtime/engine.js";
import type { FloatTensor } from "../runtime/tensor.js";
import { resolveModel } from "./resolve-model.js";
import { loadSequenceClassifier } from "./sequence-classifier.js";
import { loadTextRows } from "./tokenizer/text-rows.js";

/** A classifier of texts. */
export interface TextClassifier {
  /** Names of the classes, in the order of the logits. */
  readonly labels: readonly string[];
  /**
   * Raw logits [texts, labels]. Of a text the first 512 tokens are read by a BERT, the first 2048 by a classifier made of a
   * causal language model, or the model's maximal length.
   */
  logits(texts: readonly string[], signal?: AbortSignal): Promise<FloatTensor>;
  /** Frees the parameters. */
  dispose(): Promise<void>;
}

/**
 * Loads a model for sequence classification from a local folder in the Hub's layout, or an id on the Hub: config.json, weights,
 * and the tokenizer. See `classifiers` for the families.
 * @throws FormatError when a file is missing or malformed; `logits` throws RewardscopeError for a
 *   text with a token outside the model's vocabulary
 */
export async function loadClassifier(
  idOrFolder: string,
  options: { engine?: Engine } & HubOptions = {},
): Promise<TextClassifier> {
  const folder = await resolveModel(idOrFolder, options);
  const tokenizer = await loadTextRows(folder);
  const classifier = await loadSequenceClassifier(folder, options);
  const { labels, maxPositions } = classifier.config;
  const maxTokens = Math.min(classifier.architecture.mostTokens, maxPositions);
  return {
    labels,
    logits: (texts, signal) =>
      classifier.logits(
        texts.map((text) => tokenizer.encode(text, maxTokens)),
        signal,
      ),
    dispose: () => classifier.dispose(),
  };
}
