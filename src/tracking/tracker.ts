/** The interface of a tracker: a program that shows curves of a run while it lasts. */

/** Values by name, such as `objective/kl`. */
export type Scalars = Readonly<Record<string, number>>;

/** Curves with one count of steps, such as those of tuning. */
export interface Series {
  /** Unique in the run; also the name of a folder. */
  readonly name: string;
  /** The last step that was made before, and is not made again; 0 at the beginning. */
  readonly after: number;
  /**
   * Whether work goes on that was stopped, with the same settings. Steps that were logged before
   * then have the same values again.
   */
  readonly continues: boolean;
}

/** Receives the values of one series. Nothing here throws or waits: a tracker never stops a run. */
export interface SeriesTracker {
  /** Logs the scalars of a step. Steps increase; names are unique in the run. */
  log(step: number, scalars: Scalars): void;
  /** Logs texts by name, in Markdown. Trackers at a server do not get them. */
  text(step: number, texts: Readonly<Record<string, string>>): void;
}

/** How a run ended. */
export type Outcome = "done" | "failed" | "stopped";

export interface Tracker {
  series(series: Series): SeriesTracker;
  /** Delivers what is not delivered yet, within seconds. Does not throw. */
  close(outcome: Outcome): Promise<void>;
}

/** What a tracker knows of the run. */
export interface TrackedRun {
  /** The run folder, absolute. */
  readonly folder: string;
  /** Name and project at a server. */
  readonly name: string;
  readonly project: string;
  /** Settings that a server gets, by path, such as `ppo.batches`. */
  readonly settings: Readonly<Record<string, string>>;
  /** The time, for events. */
  clock(): Date;
  /** Logs one line. */
  log(line: string): void;
}

/** A tracker that ignores everything. */
export const noTracker: Tracker = {
  series: () => ({ log() {}, text() {} }),
  async close() {},
};
