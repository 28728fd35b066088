/** The runs of a folder, and where each stands. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import { ConfigError, FormatError } from "../errors.js";
import { isHeld } from "../pipeline/run/run-lock.js";
import { headFigures } from "../pipeline/sweep/head-figures.js";
import { setting } from "../report/settings.js";
import { readResults } from "../results/results.js";
import { readRecord } from "../results/run-record.js";

/** Folders below the one that is shown in which runs are looked for: a set of runs, each of several seeds. */
const DEPTH = 3;

export interface FoundRun {
  /** Its path below the folder that is shown, with `/`; of that folder itself, its name. */
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
  /** When its first stage began, ISO 8601. */
  readonly started?: string;
  readonly stages: readonly StageSummary[];
  /** Headline figures with their 95% intervals. */
  readonly figures: readonly {
    readonly id: string;
    readonly name: string;
    readonly kind: string;
    readonly value: number;
    readonly interval?: readonly [number, number];
  }[];
}

/**
 * The runs at or below a folder, sorted by their ids.
 * @throws ConfigError when the folder does not exist
 */
export async function findRuns(folder: string): Promise<FoundRun[]> {
  const root = resolve(folder);
  if (!existsSync(root))
    throw new ConfigError("rewardscope view", [
      {
        path: "folder",
        expected: "a run folder, or a folder that holds runs",
        received: `${folder}, which does not exist`,
      },
    ]);
  if (existsSync(join(root, "run.json"))) return [{ id: basename(root), folder: root }];
  const found: FoundRun[] = [];
  const look = async (at: string, depth: number): Promise<void> => {
    for (const entry of await readdir(at, { withFileTypes: true })) {
      if (!entry.isDirectory() || entry.name.startsWith(".") || entry.name === "node_modules") continue;
      const inner = join(at, entry.name);
      if (existsSync(join(inner, "run.json")))
        found.push({ id: relative(root, inner).split(sep).join("/"), folder: inner });
      else if (depth > 1) await look(inner, depth - 1);
    }
  };
  await look(root, DEPTH);
  return found.sort((a, b) => a.id.localeCompare(b.id, "en", { numeric: true }));
}

/**
 * What run.json and results.json say of a run. Its configuration may be of an earlier version:
 * settings are read one by one.
 * @throws FormatError when one of them is damaged
 */
export async function summariseRun({ id, folder }: FoundRun): Promise<RunSummary> {
  const record = await readRecord(folder);
  const { stages } = record;
  const of = (path: string): string | undefined => setting({ record }, path);
  const running = await isHeld(folder);
  const list = Object.entries(stages).map(([name, { status, seconds, error }]) => ({
    name,
    // A stage that no process is at was killed.
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
    figures: headFigures([await readResults(folder)]).map(({ id, name, kind, mean, intervals }) => ({
      id,
      name,
      kind,
      value: mean,
      ...(intervals?.[0] && { interval: intervals[0] }),
    })),
  };
}

/** A run whose files cannot be read, with the reason. */
export interface DamagedRun {
  readonly id: string;
  readonly reason: string;
}

/** All runs of a folder as far as they can be read. @throws ConfigError as `findRuns` */
export async function summariseRuns(folder: string): Promise<{ runs: RunSummary[]; damaged: DamagedRun[] }> {
  const runs: RunSummary[] = [];
  const damaged: DamagedRun[] = [];
  for (const run of await findRuns(folder))
    try {
      runs.push(await summariseRun(run));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      damaged.push({ id: run.id, reason: error.message });
    }
  return { runs, damaged };
}
