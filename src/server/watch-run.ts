/** Watches the files of a run: record, results, and the log of tuning. */
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileStamp } from "../io/file-stamp.js";

/**
 * Compared by size and time, since not all file systems of containers and networks report changes.
 */
const INTERVAL_MS = 500;

const watched = ["run.json", "results.json", "run.lock", join("tuning", "metrics.jsonl"), join("report", "index.html")];

/** Yields at once and after every change, until the signal is aborted. */
export async function* watchRun(folder: string, signal: AbortSignal): AsyncGenerator<void> {
  let before: string | undefined;
  while (!signal.aborted) {
    const now = (await Promise.all(watched.map((name) => fileStamp(join(folder, name))))).join("|");
    if (now !== before) yield;
    before = now;
    await setTimeout(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
  }
}
