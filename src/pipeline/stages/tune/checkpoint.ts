/**
 * The checkpoint of an unfinished tuning: one file in the stage's scratch folder, replaced
 * atomically, with the trainer's state and the hashes of the logs up to it.
 */
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { FormatError } from "../../../errors.js";
import { renameSynced, syncAll, writeFileAtomic } from "../../../io/atomic.js";
import { openCheckpoint, unusable, writeCheckpoint } from "../../../io/checkpoint.js";
import { sha256Bytes } from "../../../io/hash.js";
import type { WrittenFile } from "../../../results/run-record.js";
import type { Trainer, TrainerState } from "../../../rlhf/index.js";
import type { StageContext } from "../../run/stage.js";

/** The files of `tuning/` to which every batch appends. */
const logs = ["metrics.jsonl", "samples.jsonl"];

/** The content of a checkpoint: a trainer, perhaps with further state. */
export type Resumable = Pick<Trainer, "state" | "restore">;

type Place = Pick<StageContext, "folder" | "scratch">;

/** Size and hash of the existing logs. */
type Logs = Readonly<Record<string, WrittenFile>>;

const checkpointFile = ({ scratch }: Place): string => join(scratch, "checkpoint.safetensors");
const logFile = ({ folder }: Place, name: string): string => join(folder, "tuning", name);

/** Saves the trainer's state with the logs' hashes, so that all are of the same batch. */
export async function saveCheckpoint(trainer: Resumable, place: Place): Promise<void> {
  const seen: Record<string, WrittenFile> = {};
  for (const name of logs.filter((log) => existsSync(logFile(place, log)))) {
    // The logs must be on disk before a checkpoint that refers to them.
    await syncAll(logFile(place, name));
    const content = await readFile(logFile(place, name));
    seen[name] = { bytes: content.length, sha256: sha256Bytes(content) };
  }
  const { values, tensors } = await trainer.state();
  await writeCheckpoint(checkpointFile(place), tensors, { trainer: values, logs: seen });
}

/**
 * Restores the trainer from the last checkpoint, and truncates the logs to the batches of that
 * checkpoint. A checkpoint that cannot be read or does not fit the trainer is ignored with a
 * warning.
 * @throws FormatError when a log was changed since the checkpoint: the training so far is not
 *   discarded for it
 */
export async function resumeFromCheckpoint(
  trainer: Resumable,
  place: Place,
  log: (line: string) => void,
): Promise<void> {
  const file = checkpointFile(place);
  let seen: Logs = {};
  if (existsSync(file)) {
    try {
      const { logs, state } = await readState(file);
      await trainer.restore(state);
      seen = logs;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      log(unusable(error, "tuning begins with the first batch"));
    }
  }
  for (const name of logs) await cutLog(place, name, seen[name]);
}

/** @throws FormatError when the file is not a checkpoint or is incomplete */
async function readState(path: string): Promise<{ logs: Logs; state: TrainerState }> {
  const checkpoint = await openCheckpoint(path);
  try {
    const { trainer, logs } = checkpoint.values as { trainer?: unknown; logs?: Logs };
    if (logs === undefined) throw new FormatError(path, "it is not a checkpoint of tuning");
    const tensors: Record<string, TrainerState["tensors"][string]> = {};
    for (const name of checkpoint.names) tensors[name] = await checkpoint.read(name);
    return { logs, state: { values: trainer, tensors } };
  } finally {
    await checkpoint.close();
  }
}

/** Truncates a log to its length in the checkpoint, and removes one that did not exist then. */
async function cutLog(place: Place, name: string, seen: WrittenFile | undefined): Promise<void> {
  const path = logFile(place, name);
  if (!seen) return rm(path, { force: true });
  const content = (await readFile(path).catch(() => Buffer.of())).subarray(0, seen.bytes);
  if (sha256Bytes(content) !== seen.sha256)
    throw new FormatError(path, `its first ${seen.bytes} bytes were changed after the checkpoint of tuning`, {
      help: "Put back a copy of the file. Or tune from the first batch: rewardscope run --force tune.",
    });
  // Written in scratch first, so that a kill leaves no unfinished file beside the log.
  const cut = join(place.scratch, name);
  await writeFileAtomic(cut, content);
  await renameSynced(cut, path);
}
