/** Tuning a language model on a reward by proximal policy optimisation. */

export {
  type Completions,
  completePrompts,
  completionLogProbs,
  distinctBigrams,
  type EvaluationOptions,
} from "./evaluate.js";
export { computeGae, whiten } from "./ppo/advantages.js";
export { batchMetrics, klWarning } from "./ppo/metrics.js";
export { type PpoSettings, ppoDefaults } from "./ppo/settings.js";
export type { PpoStatistics } from "./ppo/statistics.js";
export {
  type PpoBatch,
  PpoTrainer,
  type PpoTrainerOptions,
  type PpoTrainerState,
  type RunOptions,
} from "./ppo/trainer.js";
export type { Rollout } from "./rollout.js";
