/** set.json: presets that are run together, each in the folder of its name. */
import { join } from "node:path";
import { z } from "zod";
import { readJson, writeJson } from "../io/atomic.js";
import { check } from "./checked.js";

/** set.json */
const presetSetRecord = z.object({
  set: z.string(),
  /** In the order of their runs; `pipeline` checks each configuration against its schema. */
  runs: z.array(z.object({ preset: z.string(), config: z.record(z.string(), z.unknown()) })).min(1),
});

export type PresetSetData = z.output<typeof presetSetRecord>;

/** Writes set.json, atomically. @param folder that of all runs */
export function writeSetRecord(folder: string, record: PresetSetData): Promise<void> {
  return writeJson(join(folder, "set.json"), record);
}

/**
 * @throws FormatError when there is no set.json, or it has another form than runs of a set of
 * presets write
 */
export async function readSetRecord(folder: string): Promise<PresetSetData> {
  const file = join(folder, "set.json");
  return check(presetSetRecord, await readJson(file), file);
}
