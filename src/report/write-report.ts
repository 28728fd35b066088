/** Writes the page of a run, or of several runs. */
import { join } from "node:path";
import { writeFileAtomic } from "../io/atomic.js";
import { readRun } from "../results/read-run.js";
import { isAudit, renderAuditReport } from "./pages/audit.js";
import { renderSetReport } from "./pages/paper.js";
import { renderReport } from "./pages/run.js";
import { renderSeedsReport } from "./pages/seeds.js";
import { readSet } from "./paper/read-set.js";
import { readSweep } from "./read-sweep.js";
import { readSeeds } from "./seeds/read-seeds.js";

async function pageOf(folder: string): Promise<string> {
  const sweep = await readSweep(folder);
  if (!sweep) {
    const run = await readRun(folder);
    return isAudit(run) ? renderAuditReport(run) : renderReport(run);
  }
  if (sweep.kind === "seeds") return renderSeedsReport(await readSeeds(folder));
  return renderSetReport(await readSet(folder, sweep));
}

/**
 * Writes `report/index.html` from the files of a run folder, in which stages may not have run, or
 * of a folder of `runPlans`, with links to the reports of its runs.
 * @returns the path of the page
 * @throws FormatError when run.json, or seeds.json of several seeds, is missing or a file is
 *   malformed
 */
export async function writeReport(folder: string, { signal }: { signal?: AbortSignal } = {}): Promise<string> {
  const page = await pageOf(folder);
  signal?.throwIfAborted();
  const path = join(folder, "report", "index.html");
  await writeFileAtomic(path, page);
  return path;
}
