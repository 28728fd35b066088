/** The interface for observing a run: stages, progress, downloads, and log lines. */
import type { HubProgress } from "../../io/hub/hub.js";
import type { Progress } from "./progress.js";
import type { Stage } from "./stage.js";

/** The result of processing a stage. */
export type StageOutcome = "done" | "upToDate" | "failed" | "stopped";

/** Observes a run. */
export interface RunObserver {
  /**
   * Called before a stage runs, the `position`-th (from 1) of `count`; its progress is reported to
   * the returned object.
   */
  stageStarts(stage: Stage, position: number, count: number): Progress;
  /**
   * Called when a stage has ended, in whichever way.
   * @param seconds its duration; 0 when it was up to date
   */
  stageEnds(stage: Stage, outcome: StageOutcome, seconds: number): void;
  /** Called before work outside the stages, such as a download. */
  workStarts(title: string): Progress;
  /** Receives one log line. */
  log(line: string): void;
}

const megabytes = (bytes: number) => Math.ceil(bytes / 1e6);

/** Shows a download or an upload as separate work; one with nothing to do is not shown. */
export function transferProgress(
  observer: RunObserver,
  title: string,
): { onProgress(progress: HubProgress): void; end(): void } {
  let progress: Progress | undefined;
  return {
    onProgress({ doneBytes, totalBytes }) {
      if (progress) return progress.update(megabytes(doneBytes));
      progress = observer.workStarts(title);
      progress.start(megabytes(totalBytes), "MB", megabytes(doneBytes));
    },
    end: () => progress?.end(),
  };
}

const silentProgress: Progress = { start() {}, update() {}, end() {} };

/** Ignores all events. */
export const silentObserver: RunObserver = {
  stageStarts: () => silentProgress,
  workStarts: () => silentProgress,
  stageEnds() {},
  log() {},
};
