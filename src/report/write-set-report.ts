/** Writes the page of a set of presets. */
import { join } from "node:path";
import { writeFileAtomic } from "../io/atomic.js";
import { renderSetReport } from "./pages/paper.js";
import { readSet } from "./paper/read-set.js";

/**
 * Writes `report/index.html` of a folder that `runPresetSet` filled; it links to the reports of the runs.
 * @returns the path of the page
 * @throws FormatError when set.json or a file of a run is missing or malformed
 */
export async function writeSetReport(folder: string): Promise<string> {
  const path = join(folder, "report", "index.html");
  await writeFileAtomic(path, renderSetReport(await readSet(folder)));
  return path;
}
