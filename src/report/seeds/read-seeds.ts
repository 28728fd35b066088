/** Reads everything that the page of several seeds shows. */
import { join } from "node:path";
import { type RunRecordData, readRecord } from "../../results/run-record.js";
import { readSeedsResults, type SeedsResults } from "../../results/seeds.js";

/** The runs of several seeds, as their common page shows them. */
export interface SeedsData {
  results: SeedsResults;
  /** The runs in the order of the seeds. */
  runs: readonly { seed: number; record: RunRecordData }[];
}

/**
 * Reads seeds.json, and run.json of each seed's run.
 * @throws FormatError when one is missing or has another form than `aggregateSeeds` writes
 */
export async function readSeeds(folder: string): Promise<SeedsData> {
  const results = await readSeedsResults(folder);
  const runs = results.seeds.map(async (seed) => ({ seed, record: await readRecord(join(folder, `seed-${seed}`)) }));
  return { results, runs: await Promise.all(runs) };
}
