/**
 * The paper's printed numbers by table: Marks et al., "Beyond Training Objectives: Interpreting
 * Reward Model Divergence in Large Language Models". Figures 4 and 5 are pictures without numbers.
 */

export const paperModels = ["Pythia-70m", "Pythia-160m", "GPT-Neo-125m"] as const;
export type PaperModel = (typeof paperModels)[number];

/** Table 1: features per dictionary. */
export const table1: Readonly<Record<PaperModel, { large: number; small: number }>> = {
  "Pythia-70m": { large: 1024, small: 512 },
  "Pythia-160m": { large: 1536, small: 768 },
  "GPT-Neo-125m": { large: 1536, small: 768 },
};

/** GPT-4's description of a feature. */
export interface PublishedDescription {
  layer: number;
  feature: number;
  explanation: string;
}

/** Table 2: five of the descriptions of the model tuned on the classifier reward of Appendix F. */
export const table2: readonly PublishedDescription[] = [
  { layer: 2, feature: 37, explanation: "activating on patterns related to names or titles." },
  {
    layer: 2,
    feature: 99,
    explanation: "activating for hyphenated or broken-up words or sequences within the text data.",
  },
  { layer: 2, feature: 148, explanation: "identifying and activating for film-related content and reviews." },
  {
    layer: 3,
    feature: 23,
    explanation: "looking for the beginning of sentences, statements, or points in a document",
  },
  { layer: 4, feature: 43, explanation: "looking for expressions of negative sentiment or criticism in the document." },
];

/** A lexicon word with the value that the paper rebuilt from GPT-Neo-125m. */
export interface PublishedWord {
  word: string;
  rebuilt: number;
  trueValue: number;
}

/** Table 3: six words of GPT-Neo-125m. */
export const table3: readonly PublishedWord[] = [
  { word: "award", rebuilt: 1.38, trueValue: 2.5 },
  { word: "loved", rebuilt: 1.95, trueValue: 2.9 },
  { word: "great", rebuilt: 1.02, trueValue: 3.1 },
  { word: "despised", rebuilt: -2.23, trueValue: -1.7 },
  { word: "weak", rebuilt: -2.21, trueValue: -1.9 },
  { word: "dreadful", rebuilt: -2.59, trueValue: -1.9 },
];

/** Table 4, whose "distance" is the coefficient tau. */
export const table4: Readonly<Record<PaperModel, { tau: number; pValue: number }>> = {
  "Pythia-70m": { tau: 0.042, pValue: 0.26 },
  "Pythia-160m": { tau: 0.093, pValue: 0.014 },
  "GPT-Neo-125m": { tau: 0.023, pValue: 0.48 },
};

/** Table 5: mean reward before and after ablation. */
export const table5: Readonly<Record<PaperModel, { before: number; after: number }>> = {
  "Pythia-70m": { before: 2.07, after: 1.96 },
  "Pythia-160m": { before: 1.95, after: 1.69 },
  "GPT-Neo-125m": { before: 1.43, after: 1.43 },
};

/** Table 6: share of high-reward inputs on which features are active. */
export const table6: Readonly<Record<PaperModel, { ablated: number; average: number }>> = {
  "Pythia-70m": { ablated: 0.19, average: 0.091 },
  "Pythia-160m": { ablated: 0.197, average: 0.041 },
  "GPT-Neo-125m": { ablated: 0.139, average: 0.042 },
};

/** Table 7: mean reward of 1000 completions. */
export const table7: Readonly<Record<PaperModel, { base: number; tuned: number }>> = {
  "Pythia-70m": { base: 0.26, tuned: 2.07 },
  "Pythia-160m": { base: -0.27, tuned: 1.95 },
  "GPT-Neo-125m": { base: 0.68, tuned: 1.43 },
};

/** Table 10: thirty words of GPT-Neo-125m. */
export const table10: readonly PublishedWord[] = [
  { word: "eagerly", rebuilt: 1.3, trueValue: 1.6 },
  { word: "reluctantly", rebuilt: 1.7, trueValue: -0.4 },
  { word: "fun", rebuilt: 1.9, trueValue: 2.3 },
  { word: "miserable", rebuilt: -3.3, trueValue: -2.2 },
  { word: "brilliant", rebuilt: 1.3, trueValue: 2.8 },
  { word: "terrible", rebuilt: -1.9, trueValue: -2.1 },
  { word: "yes", rebuilt: 1.9, trueValue: 1.7 },
  { word: "no", rebuilt: -1.7, trueValue: -1.2 },
  { word: "funny", rebuilt: 0.7, trueValue: 1.9 },
  { word: "depressing", rebuilt: -2.4, trueValue: -1.6 },
  { word: "friend", rebuilt: 1.1, trueValue: 2.2 },
  { word: "foe", rebuilt: -0.6, trueValue: -1.9 },
  { word: "masterpiece", rebuilt: 1.3, trueValue: 3.1 },
  { word: "disaster", rebuilt: -2.4, trueValue: -3.1 },
  { word: "like", rebuilt: 1.9, trueValue: 1.5 },
  { word: "dislike", rebuilt: -1.1, trueValue: -1.6 },
  { word: "won", rebuilt: 3.4, trueValue: 2.7 },
  { word: "lost", rebuilt: 0.2, trueValue: -1.3 },
  { word: "interesting", rebuilt: 2.4, trueValue: 1.7 },
  { word: "boring", rebuilt: -2.8, trueValue: -1.3 },
  { word: "amazing", rebuilt: 1.3, trueValue: 2.8 },
  { word: "dreadful", rebuilt: -2.6, trueValue: -1.9 },
  { word: "despise", rebuilt: -2.5, trueValue: -1.4 },
  { word: "wonderful", rebuilt: 0.9, trueValue: 2.7 },
  { word: "good", rebuilt: 1.4, trueValue: 1.9 },
  { word: "better", rebuilt: 0.9, trueValue: 1.9 },
  { word: "worse", rebuilt: -1.5, trueValue: -2.1 },
  { word: "best", rebuilt: 1.7, trueValue: 3.2 },
  { word: "worst", rebuilt: -1.7, trueValue: -3.1 },
  { word: "praising", rebuilt: 1.9, trueValue: 2.5 },
];

/** Table 11: as Table 4, negative words only. */
export const table11: Readonly<Record<PaperModel, { tau: number; pValue: number }>> = {
  "Pythia-70m": { tau: 0.02, pValue: 0.73 },
  "Pythia-160m": { tau: 0.104, pValue: 0.081 },
  "GPT-Neo-125m": { tau: 0.097, pValue: 0.078 },
};

/**
 * Sparsity: mean number of active features per token, divided by 100. Reconstruction: squared error
 * divided by the variance.
 */
export interface PublishedQuality {
  model: PaperModel;
  setting: string;
  sparsity: number;
  reconstruction: number;
}

/** Table 12: one epoch, mean over the layers that diverge most. */
export const table12: readonly PublishedQuality[] = [
  { model: "Pythia-160m", setting: "tied weights", sparsity: 0.291, reconstruction: 0.053 },
  { model: "Pythia-160m", setting: "untied weights", sparsity: 0.328, reconstruction: 0.059 },
  { model: "Pythia-70m", setting: "tied weights", sparsity: 0.383, reconstruction: 0.03 },
  { model: "Pythia-70m", setting: "untied weights", sparsity: 0.393, reconstruction: 0.036 },
];

/** Table 13: one epoch. Its Pythia-70m row differs from the same setting in Table 12. */
export const table13: readonly PublishedQuality[] = [
  { model: "Pythia-160m", setting: "highest divergence", sparsity: 0.291, reconstruction: 0.053 },
  { model: "Pythia-160m", setting: "lowest layers", sparsity: 0.166, reconstruction: 0.023 },
  { model: "Pythia-70m", setting: "highest divergence", sparsity: 0.388, reconstruction: 0.036 },
  { model: "Pythia-70m", setting: "lowest layers", sparsity: 0.329, reconstruction: 0.021 },
];

/**
 * Appendix F: of Pythia-70m's fifty best matched features, those whose description mentions
 * opinions or reviews of films.
 */
export const appendixF = { features: 50, movieOpinion: { tuned: 21, base: 13 } } as const;

/** The paper's model of a model name or folder, if any: "EleutherAI/pythia-70m" is Pythia-70m. */
export function paperModelOf(name: string): PaperModel | undefined {
  const last = name
    .replace(/[\\/]+$/, "")
    .split(/[\\/]/)
    .pop()!
    .toLowerCase();
  return paperModels.find((model) => model.toLowerCase() === last);
}

/** Settings in the paper (sections 4.1 to 5.1), by path in a configuration. */
export const paperSettings: Readonly<Record<string, number | string>> = {
  "reward.scale": 5,
  "reward.clip": 10,
  "ppo.batchSize": 64,
  "ppo.miniBatchSize": 16,
  "ppo.learningRate": 1e-6,
  "ppo.klCoef": 0.5,
  "ppo.maxGradNorm": 1,
  "ppo.evaluation.prompts": 1000,
  "ppo.evaluation.promptTokens": 30,
  "layers.choose": "highest",
  "layers.count": 5,
  "dictionaries.smallFactor": 1,
  "dictionaries.largeFactor": 2,
  "dictionaries.tied": "true",
  "dictionaries.l1Coef": "0.001 (GPT-Neo: 0.0015)",
  "dictionaries.learningRate": 1e-3,
  "dictionaries.batchTexts": 32,
  "dictionaries.epochs": 3,
  "features.topK": 30,
  "triples.count": 6602,
  "probe.threshold": 3,
  "ablation.prompts": 1000,
  "ablation.promptTokens": 30,
};
