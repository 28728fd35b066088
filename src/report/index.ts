/** The report of a run, and the pages of several seeds and of a set of presets: reading the folder, drawing, writing. */

export { readSet, type SetData, type SetRun } from "./paper/read-set.js";
export { renderSetReport } from "./paper/report.js";
export { type DeltaPoint, type RunData, type RunRecordData, readRun } from "./read-run.js";
export { renderReport } from "./report.js";
export { readSeeds, type SeedsData } from "./seeds/read-seeds.js";
export { renderSeedsReport } from "./seeds/report.js";
export { writeReport } from "./write-report.js";
export { writeSeedsReport } from "./write-seeds-report.js";
export { writeSetReport } from "./write-set-report.js";
