/**
 * Configurations, run folders, and the stages of the method run in order.
 *
 * @module
 */

export { parseConfig } from "../config/check-config.js";
export { type Config, type ConfigInput, configSchema } from "../config/config.js";
export {
  type ConfigSource,
  findConfig,
  parseSetting,
  readConfigFile,
  resolveConfig,
  type Setting,
} from "../config/load-config.js";
export { type Preset, presets } from "../config/presets.js";
export { readFeatures } from "../results/features.js";
export type * from "../results/results.js";
export { readResults } from "../results/results.js";
export type { RunInputs } from "./run/hub-inputs.js";
export { type RunObserver, type StageOutcome, silentObserver } from "./run/observer.js";
export { type PlannedStage, type PlanRequest, planStages } from "./run/plan.js";
export type { Progress } from "./run/progress.js";
export { RunFolder } from "./run/run-folder.js";
export { type RunRecord, readRunRecord } from "./run/run-record.js";
export { type RunOptions, runStages } from "./run/runner.js";
export type { Stage, StageContext } from "./run/stage.js";
export { loadSharedDictionary } from "./stages/files/dictionary-files.js";
export type { WriteReport } from "./stages/report.js";
export { methodStages } from "./stages/stages.js";
export { type Collected, collect } from "./sweep/collect.js";
export type { PlanList, RunPlan, Sweep } from "./sweep/plans.js";
export { readPlans, writePlans } from "./sweep/plans-file.js";
export { type PresetSet, plansOfPresets, presetSets } from "./sweep/preset-sets.js";
export { type RunPlansOptions, runOne, runPlans } from "./sweep/run-plans.js";
export { aggregateSeeds, plansOfSeeds, seedFolder } from "./sweep/seeds.js";
