/** The line below a page's heading, about the runs that the page shows. */
import type { RunData } from "../results/read-run.js";
import { sum } from "../stats/moments.js";
import { duration } from "./format.js";

type Recorded = Pick<RunData, "record">;

/** Seconds that the stages of these runs have taken so far. */
export function secondsOfWork(runs: readonly Recorded[]): number {
  return sum(runs.flatMap(({ record }) => Object.values(record.stages).map(({ seconds = 0 }) => seconds)));
}

/**
 * The version that wrote the first run, and the total time of work; each is left out if unknown.
 */
export function versionAndWork(runs: readonly Recorded[]): string[] {
  const seconds = secondsOfWork(runs);
  return [
    ...Object.entries(runs[0].record.versions)
      .slice(0, 1)
      .map(([program, version]) => `${program} ${version}`),
    ...(seconds > 0 ? [`${duration(seconds)} of work`] : []),
  ];
}
