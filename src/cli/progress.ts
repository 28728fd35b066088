/**
 * Shows progress on standard error: a bar with the time left on a terminal, else a line every 5 s.
 */
import { SingleBar } from "cli-progress";
import type { RunObserver } from "../pipeline/run/observer.js";
import type { Progress } from "../pipeline/run/progress.js";
import { formatDuration } from "./duration.js";

/** Milliseconds between two lines of progress when the stream is not a terminal. */
const lineIntervalMs = 5000;

export interface ProgressOutput {
  stream: NodeJS.WritableStream;
  /** Whether the stream is a terminal that can redraw a line. */
  isTerminal: boolean;
  /** Milliseconds of a monotonic clock. */
  now: () => number;
}

/** A count that began at `from`, at time `begin`. */
interface Count {
  total: number;
  unit: string;
  from: number;
  begin: number;
}

/** Time left at the pace so far; empty before the first step. */
function timeLeft(done: number, { total, from, begin }: Count, now: number): string {
  if (done <= from) return "";
  return `${formatDuration(((now - begin) / 1000 / (done - from)) * Math.max(0, total - done))} left`;
}

const joined = (parts: string[]) => parts.filter((part) => part !== "").join(", ");

/** A bar that is redrawn in place and removed at the end. */
function barProgress(title: string, { stream, now }: ProgressOutput): Progress {
  const bar = new SingleBar({
    format: `${title} [{bar}] {value}/{total} {details}`,
    barsize: 24,
    barCompleteChar: "=",
    barIncompleteChar: " ",
    hideCursor: true,
    clearOnComplete: true,
    linewrap: false,
    stream,
  });
  let count: Count = { total: 0, unit: "", from: 0, begin: 0 };
  return {
    start(total, unit, done = 0) {
      count = { total, unit, from: done, begin: now() };
      bar.start(total, done, { details: unit });
    },
    update: (done, note = "") =>
      bar.update(done, { details: joined([count.unit, timeLeft(done, count, now()), note]) }),
    end: () => bar.stop(),
  };
}

/** A line when 5 s have passed since the last one. */
function lineProgress(title: string, { stream, now }: ProgressOutput): Progress {
  let count: Count = { total: 0, unit: "", from: 0, begin: 0 };
  let last = 0;
  return {
    start(total, unit, done = 0) {
      count = { total, unit, from: done, begin: now() };
      last = now();
    },
    update(done, note = "") {
      if (now() - last < lineIntervalMs) return;
      last = now();
      const details = joined([`${done}/${count.total} ${count.unit}`, timeLeft(done, count, now()), note]);
      stream.write(`${title}: ${details}\n`);
    },
    end() {},
  };
}

/** Shows a run's stages with their progress. */
export function progressObserver(output: ProgressOutput): RunObserver {
  const print = (line: string) => output.stream.write(output.isTerminal ? `\r\u001b[K${line}\n` : `${line}\n`);
  let running: { title: string; progress: Progress } | undefined;
  const begin = (title: string): Progress => {
    print(title);
    return output.isTerminal ? barProgress(title, output) : lineProgress(title, output);
  };
  return {
    stageStarts(stage, position, count) {
      const title = `[${position}/${count}] ${stage.title}`;
      const progress = begin(title);
      running = { title, progress };
      return progress;
    },
    workStarts: begin,
    stageEnds(stage, outcome, seconds) {
      running?.progress.end();
      const title = running?.title ?? stage.title;
      running = undefined;
      const words = { done: "done in", failed: "failed after", stopped: "stopped after", upToDate: "up to date" }[
        outcome
      ];
      print(`${title}: ${words}${outcome === "upToDate" ? "" : ` ${formatDuration(seconds)}`}`);
    },
    log: print,
  };
}
