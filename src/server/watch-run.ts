/** Watches the files of a run: record, results, logs, and the progress of the stage under way. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileStamp } from "../io/file-stamp.js";
import { progressFile } from "../pipeline/run/progress-file.js";
import { runLog } from "../pipeline/run/run-folder.js";

/**
 * Compared by size and time, since not all file systems of containers and networks report changes.
 */
const INTERVAL_MS = 500;

const watched = [
  runLog,
  "run.json",
  "results.json",
  "run.lock",
  join("tuning", "metrics.jsonl"),
  join("report", "index.html"),
];

/** Yields at once and after every change, until the signal is aborted. */
export async function* watchRun(folder: string, signal: AbortSignal): AsyncGenerator<void> {
  let before: string | undefined;
  while (!signal.aborted) {
    const files = [...watched, ...(await progressFiles(folder))];
    const now = (await Promise.all(files.map((name) => fileStamp(join(folder, name))))).join("|");
    if (now !== before) yield;
    before = now;
    await setTimeout(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Those of the stages that have a scratch folder. */
async function progressFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.startsWith(".scratch-")).map(progressFile);
}
