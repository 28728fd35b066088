/** The summary of a run for lists and pages: status, stages, headline metrics. */
import { headlineMetrics } from "../pipeline/sweep/headline-metrics.js";
import { setting } from "../report/settings.js";
import type { Damage } from "../results/outputs.js";
import type { Results } from "../results/results.js";
import type { RunRecordData } from "../results/run-record.js";
import type { FoundRun } from "./find-runs.js";

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
  /** Known changes of outputs after their stages. */
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

/**
 * Summarises run.json and results.json. The configuration may be of an earlier version, so settings
 * are read one by one. A damaged section of results.json contributes no figures.
 * @param state run.json; results.json; the damage; whether a process holds the folder's lock
 */
export function summariseRun(
  { id }: FoundRun,
  {
    record,
    results: all,
    damage,
    running,
  }: { record: RunRecordData; results: Results; damage: readonly Damage[]; running: boolean },
): RunSummary {
  const results = { ...all };
  for (const { section } of damage) if (section !== undefined) delete results[section as keyof Results];
  const { stages } = record;
  const of = (path: string): string | undefined => setting({ record }, path);
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
