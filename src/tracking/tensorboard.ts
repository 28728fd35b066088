/** TensorBoard: event files in the run folder, one folder per series, which TensorBoard calls a run. */
import { appendFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../io/atomic.js";
import { fileVersion, scalarsEvent, sessionStart, textsEvent } from "./event-file.js";
import type { Series, TrackedRun, Tracker } from "./tracker.js";

/** The folder in the run folder. */
export const EVENTS = "tensorboard";

const eventFile = /^events\.out\.tfevents\.(\d{10})\./;

/**
 * Begins the event file of a series. Where steps were made before, it supersedes those after them that
 * an earlier file has, so that TensorBoard has every step once; otherwise earlier files are removed.
 * @returns its path
 */
function beginFile({ folder, clock }: TrackedRun, { name, after }: Series): string {
  const place = join(folder, EVENTS, name);
  if (after === 0) rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  const earlier = readdirSync(place).flatMap((file) => eventFile.exec(file)?.[1] ?? []);
  const time = clock().getTime() / 1000;
  // TensorBoard reads files in the order of their names, so a later one needs a later second.
  const second = Math.max(Math.floor(time), ...earlier.map((found) => Number(found) + 1));
  const file = join(place, `events.out.tfevents.${String(second).padStart(10, "0")}.rewardscope`);
  const begin = after === 0 ? [] : [sessionStart({ time, step: after + 1 })];
  appendFileSync(file, Buffer.concat([fileVersion(time), ...begin]));
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
