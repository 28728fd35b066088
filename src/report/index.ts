/** The report of a run: reading the run folder, drawing, writing. */
export { type DeltaPoint, type RunData, type RunRecordData, readRun } from "./read-run.js";
export { renderReport } from "./report.js";
export { writeReport } from "./write-report.js";
