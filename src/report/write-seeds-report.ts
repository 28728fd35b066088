/** Writes the page that compares the runs of several seeds. */
import { join } from "node:path";
import { writeFileAtomic } from "../io/atomic.js";
import { renderSeedsReport } from "./pages/seeds.js";
import { readSeeds } from "./seeds/read-seeds.js";

/**
 * Writes `report/index.html` of a folder that `runSeeds` filled; it links to the reports in `seed-N/report`.
 * @returns the path of the page
 * @throws FormatError when seeds.json or a run.json is missing or malformed
 */
export async function writeSeedsReport(folder: string): Promise<string> {
  const path = join(folder, "report", "index.html");
  await writeFileAtomic(path, renderSeedsReport(await readSeeds(folder)));
  return path;
}
