/** How much a stage has to do, in units whose speed can be measured without knowing the stage. */
import type { Config } from "../../config/config.js";

/** What is counted: everything of a run that takes more than a moment. */
export interface WorkUnits {
  /** Batches of PPO with everything but the reward. */
  ppoBatches: number;
  /** Tokens that the reward reads. */
  rewardTokens: number;
  /** Tokens of completed texts, prompts included. */
  completionTokens: number;
  /** The same with an edit at every chosen layer. */
  editedCompletionTokens: number;
  /** Tokens that are read and encoded by the small dictionary of every chosen layer. */
  readTokens: number;
  /** Tokens with the log-probability of the next. */
  probTokens: number;
  /** Tokens that both autoencoders of every chosen layer learn from, reading included. */
  trainTokens: number;
  /** Spectra of symmetric matrices of 640 dimensions; of others by the cube of their dimensions. */
  spectra640: number;
  /** Kendall's taus of 700 words, one for each bootstrap resample. */
  taus700: number;
  /** Permutations of the test of labels, counted for every feature. */
  featurePermutations: number;
}

/** Counts of a stage; of the units that are left out it has none. */
export type Work = Readonly<Partial<WorkUnits>>;

/** What the counts of a stage follow from besides its configuration. */
export interface WorkSizes {
  /** Layers of the model that is tuned. */
  nLayers: number;
  /** Width of its residual stream. */
  dModel: number;
  /** Layers that are looked into. */
  chosenLayers: number;
  /** Mean tokens of a text, cut to `dictionaries.maxTokens`. */
  textTokens: number;
  /** Mean tokens of a text before its first positive word, where its triple is cut. */
  contextTokens: number;
}

/** How many layers of a model are looked into. */
export function countChosenLayers({ layers }: Pick<Config, "layers">, nLayers: number): number {
  return layers.choose === "all" ? nLayers : Math.min(layers.count, nLayers);
}

/** The counts of both. */
export function addWork(a: Work, b: Work): Work {
  const sum: Partial<WorkUnits> = { ...a };
  for (const [name, count] of Object.entries(b)) {
    const unit = name as keyof WorkUnits;
    sum[unit] = (sum[unit] ?? 0) + count;
  }
  return sum;
}
