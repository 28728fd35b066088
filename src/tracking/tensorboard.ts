/** TensorBoard: event files in the run folder, one folder per series, which TensorBoard calls a run. */
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { messageOf } from "../io/atomic.js";
import { fileVersion, recordsUpTo, scalarsEvent, sessionStart, textsEvent } from "./event-file.js";
import type { Series, TrackedRun, Tracker } from "./tracker.js";

/** The folder in the run folder. */
const EVENTS = "tensorboard";

const eventFile = /^events\.out\.tfevents\.(\d{10})\.rewardscope$/;

/**
 * Begins the event file of a series with the events of the last file up to the step after which the
 * series goes on, and empties that one. So every step is there once. A TensorBoard that is open has
 * read more: it goes on with the file whose name is last, which begins by making it forget. It would
 * not go on from a file that is gone, so the emptied one stays until the next time.
 * @returns its path
 */
function beginFile({ folder, clock }: TrackedRun, { name, after }: Series): string {
  const place = join(folder, EVENTS, name);
  mkdirSync(place, { recursive: true });
  const earlier = readdirSync(place)
    .filter((file) => eventFile.test(file))
    .sort();
  const time = clock().getTime() / 1000;
  const last = earlier.at(-1);
  const second = Math.max(Math.floor(time), last === undefined ? 0 : Number(eventFile.exec(last)![1]) + 1);
  const file = join(place, `events.out.tfevents.${String(second).padStart(10, "0")}.rewardscope`);
  const kept = last === undefined ? [] : recordsUpTo(readFileSync(join(place, last)), after);
  // Under another name until it is whole, one that does not look like an event file.
  const unfinished = join(place, "unfinished");
  writeFileSync(unfinished, Buffer.concat([fileVersion(time), sessionStart(time), ...kept]));
  // In this order, so that a process that ends in between loses nothing.
  renameSync(unfinished, file);
  if (last !== undefined) truncateSync(join(place, last));
  for (const old of earlier.slice(0, -1)) rmSync(join(place, old));
  return file;
}

/**
 * Opens a tracker that writes event files. Records are written at once and whole, so a process that is
 * killed leaves at most the last one incomplete, which TensorBoard skips.
 */
export function openTensorboard(run: TrackedRun): Tracker {
  let stopped = false;
  const attempt = (write: () => void): void => {
    if (stopped) return;
    try {
      write();
    } catch (error) {
      stopped = true;
      run.log(`tracking by tensorboard stopped: ${messageOf(error)}; the run and its own logs go on`);
    }
  };
  return {
    series(series) {
      let file = "";
      attempt(() => {
        file = beginFile(run, series);
      });
      const append = (encode: (time: number) => Buffer): void =>
        attempt(() => appendFileSync(file, encode(run.clock().getTime() / 1000)));
      return {
        log: (step, scalars) => append((time) => scalarsEvent({ time, step }, scalars)),
        text: (step, texts) => append((time) => textsEvent({ time, step }, texts)),
      };
    },
    async close() {},
  };
}
