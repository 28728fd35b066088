/** The relation between the runs of a folder, seeds or presets, from its plans.json. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readJson } from "../io/atomic.js";
import { check } from "../results/checked.js";

const sweepSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("seeds") }),
  z.object({ kind: z.literal("presets"), set: z.string(), plans: z.array(z.object({ name: z.string() })).min(1) }),
]);

/** The part of plans.json that the report needs. */
export type SweepData = z.output<typeof sweepSchema>;

/**
 * Reads plans.json; undefined if there is none, as in the folder of one run.
 * @throws FormatError when it has another form than `runPlans` writes
 */
export async function readSweep(folder: string): Promise<SweepData | undefined> {
  const file = join(folder, "plans.json");
  return existsSync(file) ? check(sweepSchema, await readJson(file), file) : undefined;
}
