/**
 * run.json: the configuration, versions and inputs of the run, and the status of each stage. Times
 * are in run.json only.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { FormatError } from "../errors.js";
import { readJson } from "../io/atomic.js";
import { checkedContent, writeCheckedJson } from "../io/checked-json.js";
import { isObject } from "../io/json-object.js";
import { renameStages } from "./earlier-names.js";

/**
 * The format of a run folder's files. Format 1: labels and scores of features are in
 * features.jsonl; run.json has no `format`. Format 2: they are in labels.jsonl and scores.jsonl;
 * run.json has sizes and hashes of the outputs of done stages, and `check`, the SHA-256 of its own
 * content. Both formats can be read; stages run only in format 2.
 */
export const RUN_FORMAT = 2;

/** With `/`, inside the run folder. */
const pathInside = z.string().refine((path) => /^[^/]/.test(path) && !path.split("/").includes(".."));

/** A file as a stage wrote it. */
const writtenFile = z.object({ bytes: z.number(), sha256: z.string() });

const stageRecord = z.object({
  /**
   * pending: not started, stopped by the user, or out of date since an earlier stage runs again.
   */
  status: z.enum(["pending", "running", "done", "failed"]),
  /** SHA-256 of the settings of the last start; null before the first. */
  settings: z.string().nullable(),
  /** Its inputs: other stages by their fingerprint, files and folders by their SHA-256. */
  inputs: z.record(z.string(), z.string()),
  startedAt: z.string().optional(),
  endedAt: z.string().optional(),
  /** Duration of the last attempt. */
  seconds: z.number().optional(),
  /** The reason of failure, in one line. */
  error: z.string().optional(),
  /** For a done stage: its files, by their paths in the run folder, with `/`. */
  outputs: z.record(pathInside, writtenFile).optional(),
  /** For a done stage: the `hashSection` of its section of results.json. */
  sections: z.record(z.string(), z.string()).optional(),
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

export interface WrittenFile extends z.output<typeof writtenFile> {}

/** The status of a stage. */
export interface StageRecord extends z.output<typeof stageRecord> {}

/** The content of run.json. */
export interface RunRecordData extends z.output<typeof runRecord> {}

const fileOf = (folder: string) => join(folder, "run.json");

const help = "A damaged run cannot be continued: run again into a new folder, or put back a copy of the file.";

/** Writes run.json, atomically, with a hash of its own content. */
export async function writeRecord(folder: string, record: RunRecordData): Promise<void> {
  await writeCheckedJson(fileOf(folder), record);
}

/**
 * Reads only run.json.
 * @throws FormatError when the folder has none, or it is damaged or was changed after it was
 *   written; names the first problem
 */
export async function readRecord(folder: string): Promise<RunRecordData> {
  const file = fileOf(folder);
  if (!existsSync(file)) {
    throw new FormatError(file, "no such file", { help: `${folder} is not a run folder; rewardscope run makes one.` });
  }
  const json = await readJson(file, help);
  const parsed = runRecord.safeParse(json);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw new FormatError(file, `is not the record of a run: ${path.join(".") || "all of it"}: ${message}`, { help });
  }
  // Format 1 has no check.
  if (isObject(json) && (parsed.data.format >= RUN_FORMAT || "check" in json)) checkedContent(file, json, help);
  return parsed.data;
}
