/** Who follows a run from outside: its stages, their progress, downloads, and lines for the reader. */
import type { HubProgress } from "../../io/hub/hub.js";
import type { Progress } from "./progress.js";
import type { Stage } from "./stage.js";

/** How the runner's dealings with a stage ended. */
export type StageOutcome = "done" | "upToDate" | "failed" | "stopped";

/** Follows a run from outside. */
export interface RunObserver {
  /** A stage is about to run, the `position`-th (from 1) of `count`; it reports to what this returns. */
  stageStarts(stage: Stage, position: number, count: number): Progress;
  /** @param seconds how long it ran; 0 when it was up to date */
  stageEnds(stage: Stage, outcome: StageOutcome, seconds: number): void;
  /** Work outside the stages, such as a download, is about to begin. */
  workStarts(title: string): Progress;
  /** One line for the reader. */
  log(line: string): void;
}

const megabytes = (bytes: number) => Math.ceil(bytes / 1e6);

/** What a download calls while it goes on, shown as work of its own; nothing is shown of one that has nothing to do. */
export function downloadProgress(
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

/** Says nothing. */
export const silentObserver: RunObserver = {
  stageStarts: () => silentProgress,
  workStarts: () => silentProgress,
  stageEnds() {},
  log() {},
};
