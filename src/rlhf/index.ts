/**
 * Tuning a language model on a reward: proximal policy optimisation, and the shared parts of
 * algorithms.
 *
 * @module
 */

export { algorithms } from "./algorithms.js";
export {
  type Completions,
  completePrompts,
  completionLogProbs,
  distinctBigrams,
  type EvaluationOptions,
  type SampleOptions,
  type Samples,
  samplePrompts,
} from "./evaluate.js";
export { askedKlCoef, diagnoseKl, type KlDiagnosis } from "./kl-diagnosis.js";
export { computeGae, type PerToken, whiten } from "./ppo/advantages.js";
export { klWarning } from "./ppo/metrics.js";
export { type PpoSettings, ppoDefaults } from "./ppo/settings.js";
export type { PpoStatistics } from "./ppo/statistics.js";
export { type PpoBatch, PpoTrainer, type PpoTrainerOptions } from "./ppo/trainer.js";
export type { Rollout } from "./rollout.js";
export {
  batchMetrics,
  type MetricNames,
  type RunOptions,
  type StepStatistics,
  type Trainer,
  type TrainerState,
} from "./trainer.js";
export type { ValueHead } from "./value-head.js";
export { interpolateTowards, WeightAverage } from "./weight-average.js";
