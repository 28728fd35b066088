/** Writes the report of a run folder. */
import { join } from "node:path";
import { writeFileAtomic } from "../io/atomic.js";
import { readRun } from "../results/read-run.js";
import { renderReport } from "./pages/run.js";

/**
 * Writes `report/index.html` of a run folder from the folder's own files; stages that have not run may be missing.
 * @returns the path of the page
 * @throws FormatError when run.json is missing or a file is malformed
 */
export async function writeReport(folder: string, { signal }: { signal?: AbortSignal } = {}): Promise<string> {
  const run = await readRun(folder);
  signal?.throwIfAborted();
  const path = join(folder, "report", "index.html");
  await writeFileAtomic(path, renderReport(run));
  return path;
}
