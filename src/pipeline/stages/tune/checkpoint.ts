/**
 * The checkpoint of an unfinished tuning: one file in the stage's scratch folder, replaced
 * atomically, and the logs up to it.
 */
import { existsSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { FormatError } from "../../../errors.js";
import { messageOf } from "../../../io/atomic.js";
import { readJsonl, writeJsonl } from "../../../io/jsonl.js";
import { openSafetensors, writeSafetensors } from "../../../io/safetensors.js";
import type { Trainer, TrainerState } from "../../../rlhf/index.js";
import type { StageContext } from "../../run/stage.js";

/** The files of `tuning/` to which every batch appends. */
const logs = ["metrics.jsonl", "samples.jsonl"];

type Place = Pick<StageContext, "folder" | "scratch">;

const checkpointFile = ({ scratch }: Place): string => join(scratch, "checkpoint.safetensors");
const logFile = ({ folder }: Place, name: string): string => join(folder, "tuning", name);

/**
 * Saves the state of the trainer. Tensors and plain values are in one file, which is written under
 * another name, synced and renamed, so that weights and counters are always of the same batch.
 */
export async function saveCheckpoint(trainer: Trainer, place: Place): Promise<void> {
  // Logs are synced first, so that they always have the rows of the checkpoint's batches.
  for (const name of logs) await syncFile(logFile(place, name));
  const { values, tensors } = await trainer.state();
  await writeSafetensors(checkpointFile(place), tensors, { values: JSON.stringify(values) });
}

async function syncFile(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Restores the trainer from the last checkpoint, and cuts the logs to its batches. A checkpoint that
 * cannot be read or is of another trainer is ignored with a warning.
 * @throws FormatError when a log is damaged
 */
export async function resumeFromCheckpoint(trainer: Trainer, place: Place, log: (line: string) => void): Promise<void> {
  const file = checkpointFile(place);
  if (existsSync(file)) {
    try {
      await trainer.restore(await readState(file));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      log(`warning: the checkpoint cannot be used, so tuning starts with the first batch: ${messageOf(error)}`);
    }
  }
  for (const name of logs) await cutLog(place, name, trainer.batchCount);
}

/** @throws FormatError when the file is not a checkpoint, or not a whole one */
async function readState(path: string): Promise<TrainerState> {
  const file = await openSafetensors(path);
  try {
    const tensors: Record<string, TrainerState["tensors"][string]> = {};
    for (const name of file.tensors.keys()) tensors[name] = await file.read(name);
    return { values: parseValues(path, file.metadata.values), tensors };
  } finally {
    await file.close();
  }
}

function parseValues(path: string, text: string | undefined): unknown {
  if (text === undefined) throw new FormatError(path, "its metadata has no values: it is not a checkpoint of tuning");
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FormatError(path, `the values in its metadata are not JSON: ${messageOf(cause)}`, { cause });
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
  // Written in scratch first, so that a kill leaves no unfinished log.
  const cut = join(place.scratch, name);
  await writeJsonl(cut, rows);
  await rename(cut, path);
}
