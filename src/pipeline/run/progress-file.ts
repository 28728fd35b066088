/**
 * The progress of a stage as a file in its scratch folder, for whoever looks at the run from
 * outside. It goes with the scratch folder when the stage is done.
 */
import { renameSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Progress } from "./progress.js";

const FILE = "progress.json";
/** Milliseconds between two writes. */
const INTERVAL_MS = 2000;
/** Maximal number of points of a curve; neighbours are joined when there are more. */
const MOST_POINTS = 100;

const stageProgress = z.object({
  total: z.number(),
  unit: z.string(),
  done: z.number(),
  /** What an earlier process of the run had done. */
  from: z.number(),
  /** When this process began counting, and when the file was written; ISO 8601. */
  began: z.string(),
  at: z.string(),
  note: z.string().optional(),
  /** What was measured on the way: means over consecutive intervals, each named by its end. */
  points: z.array(z.object({ done: z.number(), measures: z.record(z.string(), z.number()) })),
});

export type StageProgress = z.output<typeof stageProgress>;

/** A point and the number of reports it is the mean of. */
interface Stretch {
  reports: number;
  done: number;
  measures: Readonly<Record<string, number>>;
}

/** Two consecutive stretches as one; a measure that one of them lacks is the other's. */
function joined(a: Stretch, b: Stretch): Stretch {
  const reports = a.reports + b.reports;
  const names = Object.keys({ ...a.measures, ...b.measures });
  const meanOf = (name: string): number => {
    const [x, y] = [a.measures[name] ?? b.measures[name], b.measures[name] ?? a.measures[name]];
    return (x * a.reports + y * b.reports) / reports;
  };
  return { reports, done: b.done, measures: Object.fromEntries(names.map((name) => [name, meanOf(name)])) };
}

/** Curves in a bounded number of points, of which all but the last are means of equally many reports. */
class Points {
  private readonly stretches: Stretch[] = [];
  private length = 1;

  add(done: number, given: Readonly<Record<string, number>>): void {
    // JSON has no other numbers.
    const measures = Object.fromEntries(Object.entries(given).filter(([, value]) => Number.isFinite(value)));
    const one = { reports: 1, done, measures };
    const last = this.stretches.at(-1);
    if (last && last.reports < this.length) {
      this.stretches[this.stretches.length - 1] = joined(last, one);
      return;
    }
    if (this.stretches.length === MOST_POINTS) {
      const before = this.stretches.splice(0);
      for (let i = 0; i < before.length; i += 2) this.stretches.push(joined(before[i], before[i + 1]));
      this.length *= 2;
    }
    this.stretches.push(one);
  }

  list(): StageProgress["points"] {
    return this.stretches.map(({ done, measures }) => ({ done, measures }));
  }
}

/**
 * Passes a stage's progress on, and writes it to a file every two seconds.
 * @param scratch the stage's scratch folder, which exists
 */
export function recordedProgress(progress: Progress, scratch: string, clock: () => Date): Progress {
  const path = join(scratch, FILE);
  let count = { total: 0, unit: "", from: 0, began: "" };
  let points = new Points();
  let written = Number.NEGATIVE_INFINITY;
  const write = (done: number, note?: string): void => {
    const now = clock();
    if (now.getTime() - written < INTERVAL_MS) return;
    written = now.getTime();
    const state: StageProgress = {
      ...{ ...count, done, at: now.toISOString() },
      ...(note !== undefined && { note }),
      points: points.list(),
    };
    try {
      writeFileSync(`${path}.new`, JSON.stringify(state));
      renameSync(`${path}.new`, path);
    } catch {
      // Nothing depends on the file, so a stage does not end for it.
    }
  };
  return {
    start(total, unit, done = 0) {
      progress.start(total, unit, done);
      count = { total, unit, from: done, began: clock().toISOString() };
      points = new Points();
      written = Number.NEGATIVE_INFINITY;
      write(done);
    },
    update(done, note, measures) {
      progress.update(done, note);
      if (measures) points.add(done, measures);
      write(done, note);
    },
    end: () => progress.end(),
  };
}

/** The file of a stage's progress. @param scratch its scratch folder */
export const progressFile = (scratch: string): string => join(scratch, FILE);

/**
 * The progress of a stage under way; undefined before it has reported any, and for a file of
 * another form, since nothing depends on it.
 */
export async function readProgress(scratch: string): Promise<StageProgress | undefined> {
  try {
    return stageProgress.safeParse(JSON.parse(await readFile(progressFile(scratch), "utf8"))).data;
  } catch {
    return undefined;
  }
}
