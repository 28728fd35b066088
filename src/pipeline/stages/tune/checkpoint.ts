/**
 * The checkpoint of an unfinished tuning: one file in the stage's scratch folder, replaced
 * atomically, and the logs up to it.
 */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { FormatError } from "../../../errors.js";
import { renameSynced, syncAll } from "../../../io/atomic.js";
import { openCheckpoint, unusable, writeCheckpoint } from "../../../io/checkpoint.js";
import { readJsonl, writeJsonl } from "../../../io/jsonl.js";
import type { Trainer, TrainerState } from "../../../rlhf/index.js";
import type { StageContext } from "../../run/stage.js";

/** The files of `tuning/` to which every batch appends. */
const logs = ["metrics.jsonl", "samples.jsonl"];

type Place = Pick<StageContext, "folder" | "scratch">;

const checkpointFile = ({ scratch }: Place): string => join(scratch, "checkpoint.safetensors");
const logFile = ({ folder }: Place, name: string): string => join(folder, "tuning", name);

/** Saves where the trainer stands, so that weights and counters are always of the same batch. */
export async function saveCheckpoint(trainer: Trainer, place: Place): Promise<void> {
  // Rows of the batches that the checkpoint has seen must not be lost where the checkpoint is not.
  for (const name of logs) if (existsSync(logFile(place, name))) await syncAll(logFile(place, name));
  const { values, tensors } = await trainer.state();
  await writeCheckpoint(checkpointFile(place), tensors, values);
}

/**
 * Takes the trainer to the last checkpoint, and the logs to the batches that it has seen. A
 * checkpoint that cannot be read or is not of such a trainer counts as none, and a line says so.
 * @throws FormatError when a log is damaged
 */
export async function resumeFromCheckpoint(trainer: Trainer, place: Place, log: (line: string) => void): Promise<void> {
  const file = checkpointFile(place);
  if (existsSync(file)) {
    try {
      await trainer.restore(await readState(file));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      log(unusable(error, "tuning begins with the first batch"));
    }
  }
  for (const name of logs) await cutLog(place, name, trainer.batchCount);
}

/** @throws FormatError when the file is not a checkpoint, or not a whole one */
async function readState(path: string): Promise<TrainerState> {
  const checkpoint = await openCheckpoint(path);
  try {
    const tensors: Record<string, TrainerState["tensors"][string]> = {};
    for (const name of checkpoint.names) tensors[name] = await checkpoint.read(name);
    return { values: checkpoint.values, tensors };
  } finally {
    await checkpoint.close();
  }
}

/** Keeps the rows of the first `batches` batches. */
async function cutLog(place: Place, name: string, batches: number): Promise<void> {
  const path = logFile(place, name);
  if (!existsSync(path)) return;
  if (batches === 0) return rm(path);
  const rows: unknown[] = [];
  for await (const row of readJsonl(path, { dropTornTail: true }))
    if ((row as { batch: number }).batch <= batches) rows.push(row);
  // By way of scratch, so that a kill leaves no unfinished file beside the log.
  const cut = join(place.scratch, name);
  await writeJsonl(cut, rows);
  await renameSynced(cut, path);
}
