/**
 * Collects the results of several runs from their folders, which may come from different machines.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { RunError } from "../../errors.js";
import { requireWhole } from "../../results/outputs.js";
import type { SeedsResults } from "../../results/results.js";
import { explainedFile } from "../../results/sections/explain.js";
import type { WriteReport } from "../stages/report.js";
import type { PlanList } from "./plans.js";
import { plansName, requirePlans, writePlans } from "./plans-file.js";
import { aggregateSeeds } from "./seeds.js";

/** The files that `aggregateSeeds` reads. */
const isAggregated = (name: string) =>
  name === "results.json" || name === explainedFile || name.startsWith("dictionaries/");

/** The common page of several runs, and what it was made of. */
export interface Collected {
  readonly list: PlanList;
  /** For seeds: the content of seeds.json. */
  readonly seeds?: SeedsResults;
  /** The path of the page that shows all runs. */
  readonly report: string;
}

/**
 * Writes the common files of the runs in a folder's plans.json: seeds.json for seeds, and the page
 * of all runs. Every run must have begun; results of stages that have not run are left out.
 * @param writeReport writes the page of the folder
 * @throws FormatError when the folder is not one of several runs, or a file of a run is damaged or
 *   was changed after its stage; RunError when runs are missing
 */
export async function collect(
  folder: string,
  { writeReport, signal }: { writeReport: WriteReport; signal: AbortSignal },
): Promise<Collected> {
  const list = await requirePlans(folder);
  const missing = list.plans.map(({ name }) => join(folder, name)).filter((run) => !existsSync(join(run, "run.json")));
  if (missing.length > 0)
    throw new RunError(`${missing.length} of ${list.plans.length} runs are missing: ${missing.join(", ")}`, {
      help: `Run them first: rewardscope run --resume --out ${missing[0]}`,
    });
  // Other files are compared with their hashes when the pages read them.
  if (list.kind === "seeds")
    for (const { name } of list.plans) await requireWhole(join(folder, name), { files: isAggregated });
  // A folder of an earlier version; its page is made from the plans.
  if (!existsSync(join(folder, plansName))) await writePlans(folder, list);
  const seeds =
    list.kind === "seeds"
      ? await aggregateSeeds(
          folder,
          list.plans.map(({ config }) => config.seed),
          { signal },
        )
      : undefined;
  signal.throwIfAborted();
  return { list, seeds, report: await writeReport(folder, { signal }) };
}
