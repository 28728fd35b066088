/** The amount of work of a stage, in units whose speed can be measured independently of stages. */
import type { Config } from "../../config/config.js";
import { givenLayers } from "../../config/given-dictionaries.js";

/** Units of work: everything in a run that takes a noticeable time. */
export interface WorkUnits {
  /** Batches of PPO without the reward. */
  ppoBatches: number;
  /** Tokens read by the reward. */
  rewardTokens: number;
  /** Tokens of completed texts, prompts included. */
  completionTokens: number;
  /** The same with an edit at every chosen layer. */
  editedCompletionTokens: number;
  /** Tokens read and encoded by the small dictionary of every chosen layer. */
  readTokens: number;
  /** Tokens whose log-probability is computed. */
  probTokens: number;
  /** Tokens whose activations at every chosen layer a model gives to the training of autoencoders. */
  activationTokens: number;
  /** Training tokens of both autoencoders of every chosen layer, without the model's pass. */
  trainTokens: number;
  /**
   * Spectra of symmetric matrices of 640 dimensions; for other sizes in proportion to their cube.
   */
  spectra640: number;
  /** Kendall's taus of 700 words, one per bootstrap resample. */
  taus700: number;
  /** Permutations of the label test, counted per feature. */
  featurePermutations: number;
}

/** The work of a stage; absent units are 0. */
export type Work = Readonly<Partial<WorkUnits>>;

/** Facts besides the configuration that the work depends on. */
export interface WorkSizes {
  /** Number of layers of the tuned model. */
  nLayers: number;
  /** Width of its residual stream. */
  dModel: number;
  /** Number of analysed layers. */
  chosenLayers: number;
  /** Mean tokens of a text, truncated to `dictionaries.maxTokens`. */
  textTokens: number;
  /** Mean tokens of a text before its first positive word, where its triple is cut. */
  contextTokens: number;
}

/** Number of analysed layers of a model. */
export function countChosenLayers(config: Pick<Config, "layers" | "dictionaries">, nLayers: number): number {
  const given = givenLayers(config);
  if (given) return given.length;
  const { layers } = config;
  return layers.choose === "all" ? nLayers : Math.min(layers.count, nLayers);
}

/** The sum of the work of both. */
export function addWork(a: Work, b: Work): Work {
  const sum: Partial<WorkUnits> = { ...a };
  for (const [name, count] of Object.entries(b)) {
    const unit = name as keyof WorkUnits;
    sum[unit] = (sum[unit] ?? 0) + count;
  }
  return sum;
}
