/** run.json: the configuration, what made the run, and where each stage stands. Times stand here and nowhere else. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { checkConfig } from "../../config/check-config.js";
import type { Config } from "../../config/config.js";
import { FormatError } from "../../errors.js";
import { readJson } from "../../io/atomic.js";
import { hubPinsSchema } from "./hub-inputs.js";

const stageRecord = z.object({
  /** pending: not begun, stopped by the user, or out of date since an earlier stage runs again. */
  status: z.enum(["pending", "running", "done", "failed"]),
  /** SHA-256 of the settings it runs or ran with; null before it ever ran. */
  settings: z.string().nullable(),
  /** What it reads: stages by their fingerprint, files and folders by their SHA-256. */
  inputs: z.record(z.string(), z.string()),
  startedAt: z.string().optional(),
  endedAt: z.string().optional(),
  /** Of the last attempt. */
  seconds: z.number().optional(),
  /** Why it failed, in one line. */
  error: z.string().optional(),
});

const runRecord = z.object({
  config: z.unknown(),
  versions: z.record(z.string(), z.string()),
  /** SHA-256 of the files and folders that the run reads; commits of what comes from the Hub. */
  inputs: z.record(z.string(), z.string()),
  /** What comes from the Hub: the commit that each id was when the run began, by setting. */
  hub: hubPinsSchema.default({}),
  stages: z.record(z.string(), stageRecord),
});

/** Where one stage stands. */
export type StageRecord = z.output<typeof stageRecord>;

/** The content of run.json. */
export type RunRecord = Omit<z.output<typeof runRecord>, "config"> & { config: Config };

/** A stage that has not run. */
export const pendingStage: StageRecord = { status: "pending", settings: null, inputs: {} };

/**
 * Reads and checks run.json of a run folder.
 * @throws FormatError when the folder holds no run.json or it is damaged; names the first fault
 */
export async function readRunRecord(folder: string): Promise<RunRecord> {
  const file = join(folder, "run.json");
  if (!existsSync(file)) {
    throw new FormatError(file, "no such file", { help: `${folder} is not a run folder; rewardscope run makes one.` });
  }
  const json = await readJson(file);
  const help = "A damaged run cannot be continued: run again into a new folder.";
  const parsed = runRecord.safeParse(json);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw new FormatError(file, `is not the record of a run: ${path.join(".") || "all of it"}: ${message}`, { help });
  }
  const { config, issues } = checkConfig(parsed.data.config);
  if (issues.length > 0) {
    const [{ path, expected, received }] = issues;
    throw new FormatError(file, `config.${path}: expected ${expected}, received ${received}`, { help });
  }
  return { ...parsed.data, config };
}
