/**
 * Reads, draws and writes the report of a run, and the pages of several seeds and of a set of
 * presets.
 *
 * @module
 */

export { type RunData, readRun } from "../results/read-run.js";
export type { DeltaPoint, RunRecordData } from "../results/results.js";
export { renderSetReport } from "./pages/paper.js";
export { renderReport } from "./pages/run.js";
export { renderSeedsReport } from "./pages/seeds.js";
export { readSet, type SetData, type SetRun } from "./paper/read-set.js";
export { readSweep, type SweepData } from "./read-sweep.js";
export { readSeeds, type SeedsData } from "./seeds/read-seeds.js";
export { writeReport } from "./write-report.js";
