/** What `run --dry-run` says: which stages would run and why, in one folder or several. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../pipeline/config.js";
import { planStages } from "../pipeline/plan.js";
import { hashInputs } from "../pipeline/run-origin.js";
import { readRunRecord } from "../pipeline/run-record.js";
import type { CommandContext } from "./command.js";

export interface RunToPlan {
  folder: string;
  config: Config;
}

/**
 * @param parent the folder of several runs, each then stands under its own; undefined for one run
 * @param choice whether to go on with what is there, a stage that is forced
 */
export async function printPlans(
  runs: readonly RunToPlan[],
  parent: string | undefined,
  choice: { resume: boolean; force?: string },
  { json, print, loadStages }: CommandContext,
): Promise<void> {
  const stages = await loadStages();
  const plan = async ({ folder, config }: RunToPlan) => {
    const begun = choice.resume && (parent === undefined || existsSync(join(folder, "run.json")));
    const record = begun ? await readRunRecord(folder) : undefined;
    const inputs = await hashInputs(config);
    const list = planStages({ config, stages, folder, record, inputs, force: choice.force });
    const shown = list.map(({ stage, reason }) => ({ name: stage.name, runs: reason !== undefined, reason }));
    return { folder, config, stages: shown };
  };
  const plans = await Promise.all(runs.map(plan));
  if (json) return print(JSON.stringify(parent === undefined ? plans[0] : { folder: parent, runs: plans }, null, 2));
  for (const { folder, stages: list } of plans) {
    if (parent !== undefined) print(folder);
    for (const { name, reason } of list)
      print(`${name.padEnd(14)} ${reason === undefined ? "up to date" : `runs: ${reason}`}`);
  }
}
