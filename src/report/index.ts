/** The report of a run, and the page of several seeds: reading the folder, drawing, writing. */
export { type DeltaPoint, type RunData, type RunRecordData, readRun } from "./read-run.js";
export { renderReport } from "./report.js";
export { writeReport } from "./write-report.js";
export { readSeeds, type SeedsData } from "./seeds/read-seeds.js";
export { renderSeedsReport } from "./seeds/report.js";
export { writeSeedsReport } from "./write-seeds-report.js";
