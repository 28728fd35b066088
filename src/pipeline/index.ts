/** Configurations, run folders, and the stages of the method run in order. */
export { type Config, type ConfigInput, configSchema, parseConfig } from "../config/config.js";
export { findConfig, parseSetting, readConfigFile, resolveConfig, type Setting } from "../config/load-config.js";
export { type Preset, presets } from "../config/presets.js";
export { type PlannedStage, planStages } from "./plan.js";
export { type PresetSet, presetSets, resolvePresetSet, runPresetSet } from "./preset-sets.js";
export { type Progress, type RunObserver, silentObserver } from "./progress.js";
export type * from "./results.js";
export { RunFolder, readResults } from "./run-folder.js";
export { type RunRecord, readRunRecord, type StageRecord } from "./run-record.js";
export { type RunOptions, runStages } from "./runner.js";
export { aggregateSeeds, runSeeds, seedFolder } from "./seeds.js";
export type { SeveralRunsOptions } from "./several-runs.js";
export type { Stage, StageContext } from "./stage.js";
export { methodStages } from "./stages.js";
