/** Plans the stages of a run folder, whether or not the run has begun. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../config/config.js";
import { OutputChecks } from "../../results/outputs.js";
import type { HubPins } from "./hub-inputs.js";
import { type PlannedStage, planStages } from "./plan.js";
import { hashInputs } from "./run-origin.js";
import { type RunRecord, readResumableRecord } from "./run-record.js";
import { applicableStages, readBy, type Stage } from "./stage.js";

/**
 * The record of a run to be continued; undefined for a new run.
 * @throws as `readResumableRecord`
 */
export async function begunRecord(folder: string, resume = false): Promise<RunRecord | undefined> {
  return resume && existsSync(join(folder, "run.json")) ? readResumableRecord(folder) : undefined;
}

/**
 * Plans a run without writing anything.
 * @param run its record is that of `begunRecord`
 * @param options `only`: a stage that runs alone; outputs of stages that it does not need are not
 *   checked
 * @throws FormatError when an input of a run that has begun cannot be read; InternalError as
 *   `planStages`
 */
export async function planRun(
  folder: string,
  { config, pins, record }: { config: Config; pins: HubPins; record?: RunRecord },
  { stages, force, only }: { stages: readonly Stage[]; force?: string; only?: string },
): Promise<PlannedStage[]> {
  // Without a record, there is nothing to compare with.
  const inputs = record ? await hashInputs(config, pins) : {};
  const read = readBy(applicableStages(stages, config), only);
  const damage = record && (await new OutputChecks(folder).damage(record.stages, { stages: read }));
  return planStages({ config, stages, record, damage, inputs, force });
}
