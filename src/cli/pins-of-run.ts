/** The commits that a run which is taken up again has kept. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { HubPins } from "../pipeline/run/hub-inputs.js";
import { readResumableRecord } from "../pipeline/run/run-record.js";

/** @param resumes whether what stands in the folder is gone on with */
export async function pinsOfRun(folder: string, resumes: boolean): Promise<HubPins> {
  return resumes && existsSync(join(folder, "run.json")) ? (await readResumableRecord(folder)).hub : {};
}
