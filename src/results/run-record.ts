/**
 * run.json: the configuration, versions and inputs of the run, and the status of each stage. Times are
 * in run.json only.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { FormatError } from "../errors.js";
import { readJson } from "../io/atomic.js";
import { renameStages } from "./earlier-names.js";

/**
 * The format of a run folder's files. 1: labels and scores of features are in features.jsonl; run.json
 * has no `format`. 2: they are in separate files, labels.jsonl and scores.jsonl. Folders of either
 * format can be read; stages run only in format 2.
 */
export const RUN_FORMAT = 2;

const stageRecord = z.object({
  /** pending: not started, stopped by the user, or out of date since an earlier stage runs again. */
  status: z.enum(["pending", "running", "done", "failed"]),
  /** SHA-256 of the settings of the last start; null before the first. */
  settings: z.string().nullable(),
  /** Its inputs: stages by their fingerprint, files and folders by their SHA-256. */
  inputs: z.record(z.string(), z.string()),
  startedAt: z.string().optional(),
  endedAt: z.string().optional(),
  /** Of the last attempt. */
  seconds: z.number().optional(),
  /** The reason of failure, in one line. */
  error: z.string().optional(),
});

/** run.json */
const runRecord = z.object({
  /** See `RUN_FORMAT`. */
  format: z.number().default(1),
  /** The resolved configuration, groups of settings; `pipeline` checks it against its schema. */
  config: z.record(z.string(), z.unknown()),
  versions: z.record(z.string(), z.string()),
  /** SHA-256 of the files and folders that the run reads; commits of inputs from the Hub. */
  inputs: z.record(z.string(), z.string()),
  /** Inputs from the Hub: the commit of each id when the run began, by setting. */
  hub: z.record(z.string(), z.object({ id: z.string(), revision: z.string(), sha: z.string() })).default({}),
  stages: z.record(z.string(), stageRecord).transform(renameStages),
});

/** The status of one stage. */
export type StageRecord = z.output<typeof stageRecord>;

/** The content of run.json. */
export type RunRecordData = z.output<typeof runRecord>;

/**
 * Reads only run.json.
 * @throws FormatError when it does not exist or is damaged; names the first fault
 */
export async function readRecord(folder: string): Promise<RunRecordData> {
  const file = join(folder, "run.json");
  if (!existsSync(file)) {
    throw new FormatError(file, "no such file", { help: `${folder} is not a run folder; rewardscope run makes one.` });
  }
  const parsed = runRecord.safeParse(await readJson(file));
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new FormatError(file, `is not the record of a run: ${path.join(".") || "all of it"}: ${message}`, {
    help: "A damaged run cannot be continued: start again in a new folder.",
  });
}
