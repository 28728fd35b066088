/** What is to be done in the folder of a run, whether it has begun or not. */
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
 * The record of a run that is gone on with; undefined where none has begun.
 * @throws as `readResumableRecord`
 */
export async function begunRecord(folder: string, resume = false): Promise<RunRecord | undefined> {
  return resume && existsSync(join(folder, "run.json")) ? readResumableRecord(folder) : undefined;
}

/**
 * Plans a run without writing anything.
 * @param run the record is that of `begunRecord`
 * @param options `only`: a stage that runs alone, so that what others left is not looked at
 * @throws FormatError when an input of a run that has begun cannot be read; InternalError as `planStages`
 */
export async function planRun(
  folder: string,
  { config, pins, record }: { config: Config; pins: HubPins; record?: RunRecord },
  { stages, force, only }: { stages: readonly Stage[]; force?: string; only?: string },
): Promise<PlannedStage[]> {
  // Of a run that has not begun, nothing can have changed.
  const inputs = record ? await hashInputs(config, pins) : {};
  const read = readBy(applicableStages(stages, config), only);
  const damage = record && (await new OutputChecks(folder).damage(record.stages, { stages: read }));
  return planStages({ config, stages, record, damage, inputs, force });
}
