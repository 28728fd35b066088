/**
 * The runs of the shown folder. Data are cached until their files change. A response compares only
 * sizes and times of files, but never uses data that were outdated when its request arrived.
 */
import { realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { FormatError, RewardscopeError } from "../errors.js";
import { messageOf, readText } from "../io/atomic.js";
import { readProgress, type StageProgress } from "../pipeline/run/progress-file.js";
import { isHeld } from "../pipeline/run/run-lock.js";
import { scratchFolder } from "../pipeline/run/stage.js";
import { type RunData, readMetrics } from "../results/read-run.js";
import { type Results, readResults } from "../results/results.js";
import { CARRY_FOLDER } from "../results/sections/carry.js";
import { labelsFile } from "../results/sections/classify.js";
import { explainedFile } from "../results/sections/explain.js";
import { scoresFile } from "../results/sections/score.js";
import { type ListedFeatures, listedFeatures } from "./exchanged-features.js";
import { type DamagedRun, exists, type Found, type FoundRun, findRuns } from "./find-runs.js";
import { type KnownFeature, readKnownFeatures } from "./known-features.js";
import { logTail } from "./log-tail.js";
import { reportInView } from "./pages/report.js";
import type { RunChecks } from "./run-checks.js";
import { type RunSummary, summariseRun } from "./summarise-run.js";
import { SharedLooks, Unchanged } from "./unchanged.js";

/** Limits of the caches: a summary has some KB; a tuning log or feature table up to some MB. */
const MOST_SUMMARIES = 500;
const MOST_TABLES = 16;
const MOST_RESULTS = 16;
const MOST_REPORTS = 4;

const REPORT = join("report", "index.html");

/** The curves of a run: of tuning, and of its dictionaries once they are trained. */
export type Tuning = Pick<RunData, "record" | "metrics"> & Pick<RunData["results"], "dictionaries">;

/** What a run says of the stage under way. */
export interface UnderWay {
  readonly stage?: string;
  readonly progress?: StageProgress;
  /** The end of run.log; empty for a run whose output goes to a terminal. */
  readonly log: string;
}

/** All runs of the folder; unreadable ones with the reasons. */
export interface RunList {
  readonly runs: readonly RunSummary[];
  readonly damaged: readonly DamagedRun[];
}

export class Runs {
  private readonly searches = new SharedLooks<Found>();
  private readonly lists = new SharedLooks<RunList>();
  private readonly looks = new SharedLooks<RunSummary>();
  private readonly summaries = new Unchanged<RunSummary>(MOST_SUMMARIES);
  private readonly results = new Unchanged<Results>(MOST_RESULTS);
  private readonly tunings = new Unchanged<Tuning>(MOST_TABLES);
  private readonly tables = new Unchanged<readonly KnownFeature[]>(MOST_TABLES);
  private readonly shared = new Unchanged<ListedFeatures>(MOST_TABLES);
  private readonly reports = new Unchanged<string>(MOST_REPORTS);

  constructor(
    /** A run folder, or a folder of runs. */
    private readonly folder: string,
    private readonly checks: RunChecks,
  ) {}

  /** @throws ConfigError as `findRuns` */
  async found(): Promise<Found> {
    return this.searches.at("", () => findRuns(this.folder));
  }

  /** @throws RewardscopeError NOT_FOUND when no run of the folder has the id */
  async find(id: string): Promise<FoundRun> {
    const run = (await this.found()).runs.find((one) => one.id === id);
    if (run) return run;
    throw new RewardscopeError("NOT_FOUND", `run ${id} does not exist`, { help: "The list of runs is at /." });
  }

  /** An unreadable run does not prevent listing the others. @throws ConfigError as `findRuns` */
  list(): Promise<RunList> {
    return this.lists.at("", async () => {
      const found = await this.found();
      const runs: RunSummary[] = [];
      const damaged = [...found.damaged];
      for (const run of found.runs)
        try {
          runs.push(await this.summary(run));
        } catch (error) {
          damaged.push({ id: run.id, reason: reasonOf(error) });
        }
      return { runs, damaged };
    });
  }

  /** The same object until its data change. @throws FormatError as `summariseRun` */
  summary(run: FoundRun): Promise<RunSummary> {
    const { folder } = run;
    return this.looks.at(folder, async () => {
      const damage = await this.checks.glance(folder);
      const running = await isHeld(folder);
      const files = ["run.json", "results.json"].map((name) => join(folder, name));
      return this.summaries.of(JSON.stringify([folder, running, damage]), files, async () =>
        summariseRun(run, {
          record: await this.checks.record(folder),
          results: await this.resultsOf(folder),
          ...{ damage, running },
        }),
      );
    });
  }

  /** results.json, which is large, is parsed once for all that is made of it. */
  private resultsOf(folder: string): Promise<Results> {
    return this.results.of(folder, [join(folder, "results.json")], () => readResults(folder));
  }

  /** @throws FormatError as `readMetrics` and `readResults` */
  tuning({ folder }: FoundRun): Promise<Tuning> {
    const files = ["run.json", "results.json", join("tuning", "metrics.jsonl")].map((name) => join(folder, name));
    return this.tunings.of(folder, files, async () => {
      const { dictionaries } = await this.resultsOf(folder);
      return { record: await this.checks.record(folder), metrics: await readMetrics(folder), dictionaries };
    });
  }

  /** @throws Error when the log cannot be read */
  async underWay({ folder }: FoundRun, { status, stages }: RunSummary): Promise<UnderWay> {
    const stage = status === "running" ? stages.find((one) => one.status === "running")?.name : undefined;
    const log = await logTail(folder);
    if (stage === undefined) return { log };
    return { stage, progress: await readProgress(scratchFolder(folder, { name: stage })), log };
  }

  /**
   * The explained features.
   * @throws FormatError when their files were changed after their stages
   */
  async features({ folder }: FoundRun): Promise<readonly KnownFeature[]> {
    await this.checks.requireWhole(folder, (name) => /^[^/]+\.jsonl$/.test(name));
    const files = [explainedFile, labelsFile, scoresFile].map((name) => join(folder, name));
    return this.tables.of(folder, files, async () => [...(await readKnownFeatures(folder)).values()]);
  }

  /**
   * The features that can be put from one model into the other.
   * @throws FormatError when their table was changed after its stage
   */
  async sharedFeatures({ folder }: FoundRun): Promise<ListedFeatures> {
    await this.checks.requireWhole(folder, (name) => name === join(CARRY_FOLDER, "features.csv"));
    const files = ["results.json", join(CARRY_FOLDER, "features.csv")].map((name) => join(folder, name));
    return this.shared.of(folder, files, async () => listedFeatures(folder, await this.resultsOf(folder)));
  }

  hasReport({ folder }: FoundRun): Promise<boolean> {
    return exists(join(folder, REPORT));
  }

  /**
   * The report as shown in the live view.
   * @throws RewardscopeError NOT_FOUND when it does not exist or is a link to outside of the run;
   *   FormatError when its files were changed after its stage
   */
  async report(run: FoundRun): Promise<string> {
    if (!(await this.hasReport(run)))
      throw new RewardscopeError("NOT_FOUND", "the report is not written yet", { help: "the stage report writes it" });
    await this.checks.requireWhole(run.folder, (name) => name.startsWith("report/"));
    const path = await pathInside(run.folder, REPORT);
    return this.reports.of(run.folder, [path], async () => reportInView(await readText(path), run.id));
  }
}

/** The reason why data of a run cannot be shown, in one line. */
export function reasonOf(error: unknown): string {
  return error instanceof FormatError ? error.message : `cannot be read: ${messageOf(error)}`;
}

/**
 * The real path of a run's file.
 * @throws RewardscopeError NOT_FOUND for a link to outside of the run
 */
async function pathInside(folder: string, name: string): Promise<string> {
  const [root, path] = [await realpath(folder), await realpath(join(folder, name))];
  if (path.startsWith(`${root}${sep}`)) return path;
  throw new RewardscopeError("NOT_FOUND", `${name} of this run is a link out of its folder, which is not served`);
}
