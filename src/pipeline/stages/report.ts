/**
 * The stage that writes the report. The function that writes it is a parameter, since the pipeline
 * must not import the report.
 */
import type { Stage } from "../run/stage.js";

/** Writes `report/` of a run folder from the run folder's files; returns the path of the page. */
export type WriteReport = (folder: string, options: { signal: AbortSignal }) => Promise<string>;

/** The last stage, which reads everything. @param needs all stages before it */
export function reportStage(writeReport: WriteReport, needs: readonly string[]): Stage {
  return {
    name: "report",
    title: "writing the report",
    needs,
    readsInputs: false,
    settings: () => ({}),
    outputs: ["report"],
    run: async ({ folder, signal }) => {
      await writeReport(folder, { signal });
    },
  };
}
