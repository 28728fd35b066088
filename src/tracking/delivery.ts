/** Delivers what a run logs to a server, in the background: a run neither waits for it nor fails by it. */
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../io/atomic.js";
import { RequestFailed } from "./server-request.js";
import type { Outcome, Scalars, Series, TrackedRun, Tracker } from "./tracker.js";

/** Entries that may wait; when a server is too slow for more, tracking ends. */
const MOST_WAITING = 2000;
/** Most entries of one request. */
const MOST_TOGETHER = 100;
/** Seconds before a request is sent again, and how often. */
const RETRY_SECONDS = [1, 3, 9];
/** Most seconds that a run waits at its end for what is not delivered yet. */
const CLOSE_SECONDS: Readonly<Record<Outcome, number>> = { done: 15, failed: 5, stopped: 3 };

/** The scalars of one step. */
export interface Entry {
  readonly series: Series;
  readonly step: number;
  readonly time: Date;
  readonly scalars: Scalars;
}

/** What is sent to one kind of server. All are called one after another. */
export interface Sender {
  /** Sends entries, in the order in which they were logged. */
  send(entries: readonly Entry[], signal: AbortSignal): Promise<void>;
  /** Called once, after all entries, unless one could not be sent. */
  finish?(outcome: Outcome, signal: AbortSignal): Promise<void>;
}

/**
 * A tracker that sends scalars to a server, and no texts. A request that fails for a passing reason is
 * sent again, with one warning per run; otherwise, or if that fails too, tracking ends with one line.
 */
export function deliverTo(
  sender: Sender,
  name: string,
  { clock, log }: TrackedRun,
  retrySeconds = RETRY_SECONDS,
): Tracker {
  const waiting: Entry[] = [];
  const ending = new AbortController();
  let working: Promise<void> | undefined;
  let warned = false;
  let stopped = false;

  const stop = (why: string): void => {
    if (!stopped) log(`tracking by ${name} stopped: ${why}; the run and its own logs go on`);
    stopped = true;
    waiting.length = 0;
    ending.abort();
  };

  const persist = async (attempt: () => Promise<void>): Promise<void> => {
    for (let tries = 0; !stopped; tries++) {
      try {
        return await attempt();
      } catch (error) {
        const isPassing = error instanceof RequestFailed && error.isPassing && !ending.signal.aborted;
        if (!isPassing || tries === retrySeconds.length) return stop(messageOf(error));
        if (!warned) log(`warning: tracking by ${name}: ${messageOf(error)}; it is tried again`);
        warned = true;
        await sleep(1000 * retrySeconds[tries], undefined, { signal: ending.signal }).catch(() => {});
      }
    }
  };

  const work = async (): Promise<void> => {
    while (waiting.length > 0 && !stopped) {
      const entries = waiting.splice(0, MOST_TOGETHER);
      await persist(() => sender.send(entries, ending.signal));
    }
    working = undefined;
  };

  return {
    series: (series) => ({
      log(step, scalars) {
        if (stopped) return;
        if (waiting.length === MOST_WAITING) return stop(`the server is too slow, ${MOST_WAITING} steps wait for it`);
        waiting.push({ series, step, time: clock(), scalars });
        working ??= work();
      },
      text() {},
    }),
    async close(outcome) {
      const limit = setTimeout(() => ending.abort(), 1000 * CLOSE_SECONDS[outcome]);
      await working;
      await persist(async () => sender.finish?.(outcome, ending.signal));
      stopped = true;
      clearTimeout(limit);
    },
  };
}
