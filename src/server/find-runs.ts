/** Finds the runs of a folder, with their status. */
import { type Dirent, existsSync } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import { ConfigError, FormatError } from "../errors.js";
import { messageOf } from "../io/atomic.js";
import { isHeld } from "../pipeline/run/run-lock.js";
import { headlineMetrics } from "../pipeline/sweep/headline-metrics.js";
import { setting } from "../report/settings.js";
import type { Damage } from "../results/outputs.js";
import { type Results, readResults } from "../results/results.js";
import { readRecord } from "../results/run-record.js";
import { RunChecks } from "./run-checks.js";

/** Depth of folders in which runs are searched: a set of runs, each of several seeds. */
const DEPTH = 3;

export interface FoundRun {
  /** Its path in the shown folder, with `/`; for that folder itself, its name. */
  readonly id: string;
  /** Absolute. */
  readonly folder: string;
}

export type RunStatus = "running" | "done" | "failed" | "stopped";

export interface StageSummary {
  readonly name: string;
  readonly status: string;
  readonly seconds?: number;
  readonly error?: string;
}

export interface RunSummary {
  readonly id: string;
  readonly status: RunStatus;
  readonly models: { readonly base: string; readonly tuned?: string };
  readonly reward: string;
  readonly seed: number;
  /** Start of its first stage, ISO 8601. */
  readonly started?: string;
  readonly stages: readonly StageSummary[];
  /** Outputs that were changed after their stage, as far as they were checked. */
  readonly damage: readonly Damage[];
  /** Headline figures with their 95% intervals. */
  readonly figures: readonly {
    readonly id: string;
    readonly name: string;
    readonly kind: string;
    readonly value: number;
    readonly interval?: readonly [number, number];
  }[];
}

/** The content of a folder: runs, and folders that cannot be read. */
interface Found {
  readonly runs: FoundRun[];
  readonly damaged: DamagedRun[];
}

/**
 * The runs at or below a folder, sorted by their ids; links to runs count, each run once.
 * @throws ConfigError when the folder does not exist
 */
export async function findRuns(folder: string): Promise<FoundRun[]> {
  return (await search(folder)).runs;
}

async function search(folder: string): Promise<Found> {
  const root = resolve(folder);
  if (!existsSync(root))
    throw new ConfigError("rewardscope view", [
      {
        path: "folder",
        expected: "a run folder, or a folder of runs",
        received: `${folder}, which does not exist`,
      },
    ]);
  if (existsSync(join(root, "run.json"))) return { runs: [{ id: basename(root), folder: root }], damaged: [] };
  const found: Found = { runs: [], damaged: [] };
  const seen = new Set([await realpath(root)]);
  const look = async (at: string, depth: number): Promise<void> => {
    const entries = (await readdir(at, { withFileTypes: true })).filter(mayHoldRuns);
    // Folders before links, so that a run's id is its real path.
    entries.sort((a, b) => Number(a.isSymbolicLink()) - Number(b.isSymbolicLink()));
    for (const { name } of entries) {
      const inner = join(at, name);
      const id = relative(root, inner).split(sep).join("/");
      try {
        if (!(await stat(inner)).isDirectory()) continue;
        const real = await realpath(inner);
        if (seen.has(real)) continue;
        seen.add(real);
        if (existsSync(join(inner, "run.json"))) found.runs.push({ id, folder: inner });
        else if (depth > 1) await look(inner, depth - 1);
      } catch (error) {
        found.damaged.push({ id, reason: `cannot be read: ${messageOf(error)}` });
      }
    }
  };
  await look(root, DEPTH);
  found.runs.sort((a, b) => a.id.localeCompare(b.id, "en", { numeric: true }));
  return found;
}

const mayHoldRuns = (entry: Dirent): boolean =>
  (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith(".") && entry.name !== "node_modules";

/**
 * The content of run.json and results.json of a run. Its configuration may be of an earlier
 * version, so settings are read one by one. A section of results.json that was changed after its
 * stage has no figures.
 * @throws FormatError when one of them is damaged
 */
export async function summariseRun({ id, folder }: FoundRun, checks = new RunChecks()): Promise<RunSummary> {
  const record = await readRecord(folder);
  const damage = await checks.glance(folder);
  const results = await readResults(folder);
  for (const { section } of damage) if (section !== undefined) delete results[section as keyof Results];
  const { stages } = record;
  const of = (path: string): string | undefined => setting({ record }, path);
  const running = await isHeld(folder);
  const list = Object.entries(stages).map(([name, { status, seconds, error }]) => ({
    name,
    // A running stage without process was killed.
    status: status === "running" && !running ? "stopped" : status,
    ...(seconds !== undefined && { seconds }),
    ...(error !== undefined && { error }),
  }));
  const some = (status: string): boolean => list.some((stage) => stage.status === status);
  const status = running
    ? "running"
    : some("failed")
      ? "failed"
      : list.length > 0 && list.every((stage) => stage.status === "done")
        ? "done"
        : "stopped";
  const started = Object.values(stages)
    .flatMap(({ startedAt }) => startedAt ?? [])
    .sort()[0];
  const tuned = of("model.tuned");
  const reward = of("reward.name") ?? "unknown";
  return {
    id,
    status,
    models: { base: of("model.base") ?? of("model.name") ?? "unknown", ...(tuned !== undefined && { tuned }) },
    reward: reward === "classifier" ? (of("reward.classifier") ?? reward) : reward,
    seed: Number(of("seed")),
    ...(started !== undefined && { started }),
    stages: list,
    damage,
    figures: headlineMetrics([results]).map(({ id, name, kind, mean, intervals }) => ({
      id,
      name,
      kind,
      value: mean,
      ...(intervals?.[0] && { interval: intervals[0] }),
    })),
  };
}

/** A run whose files cannot be read, and the reason. */
export interface DamagedRun {
  readonly id: string;
  readonly reason: string;
}

/**
 * All readable runs of a folder; an unreadable one does not affect the others. @throws ConfigError
 * as `findRuns`
 */
export async function summariseRuns(
  folder: string,
  checks = new RunChecks(),
): Promise<{ runs: RunSummary[]; damaged: DamagedRun[] }> {
  const runs: RunSummary[] = [];
  const found = await search(folder);
  const damaged = [...found.damaged];
  for (const run of found.runs)
    try {
      runs.push(await summariseRun(run, checks));
    } catch (error) {
      damaged.push({
        id: run.id,
        reason: error instanceof FormatError ? error.message : `cannot be read: ${messageOf(error)}`,
      });
    }
  return { runs, damaged };
}
