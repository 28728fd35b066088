/**
 * The interface by which long work reports progress. Its display (a bar, lines, nothing) is up to
 * the caller.
 */

/** Progress of a piece of work with a known total. May be started again for a second part. */
export interface Progress {
  /**
   * Begins to count.
   * @param unit what is counted, in the plural: batches, texts, tokens
   * @param done the amount that an earlier run completed; ignored for the speed
   */
  start(total: number, unit: string, done?: number): void;
  /**
   * Shows how much is done.
   * @param note a short addition, e.g. the mean reward
   * @param measures what is drawn over the work done, by names for readers, e.g. of a loss
   */
  update(done: number, note?: string, measures?: Readonly<Record<string, number>>): void;
  /** Ends the display. */
  end(): void;
}

/** A callback that starts the progress at its first call, for work of unknown total until then. */
export function startingProgress(progress: Progress, unit: string): (done: number, total: number) => void {
  let started = false;
  return (done, total) => {
    if (!started) progress.start(total, unit);
    started = true;
    progress.update(done);
  };
}
