/** Everything the page of several seeds shows, read from their folder. */
import { join } from "node:path";
import { readJson } from "../../io/atomic.js";
import { check, readRecord } from "../../results/read-run.js";
import type { RunRecordData, SeedsResults } from "../../results/results.js";
import { seedsSchema } from "./schema.js";

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
  const file = join(folder, "seeds.json");
  const results = check(seedsSchema, await readJson(file), file);
  const runs = results.seeds.map(async (seed) => ({ seed, record: await readRecord(join(folder, `seed-${seed}`)) }));
  return { results, runs: await Promise.all(runs) };
}
