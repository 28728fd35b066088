/** Tuning a language model on a reward by proximal policy optimisation. */
export { computeGae, whiten } from "./advantages.js";
export {
  type Completions,
  completePrompts,
  completionLogProbs,
  distinctBigrams,
  type EvaluationOptions,
} from "./evaluate.js";
export { batchMetrics, klWarning } from "./metrics.js";
export { decodeText, type Rollout } from "./rollout.js";
export { type PpoSettings, ppoDefaults } from "./settings.js";
export type { PpoStatistics } from "./statistics.js";
export {
  type PpoBatch,
  PpoTrainer,
  type PpoTrainerOptions,
  type PpoTrainerState,
  type RunOptions,
} from "./trainer.js";
