/** MLflow, by its REST API (https://mlflow.org/docs/latest/rest-api.html). */
import { z } from "zod";
import { deliverTo, type Entry, type Sender } from "./delivery.js";
import { askServer, RequestFailed, type Server } from "./server-request.js";
import { ServerRun } from "./server-run.js";
import type { Outcome, Series, TrackedRun, Tracker } from "./tracker.js";

const API = "/api/2.0/mlflow";
/** Limits of one request log-batch, by MLflow's documentation. */
const MOST_METRICS = 1000;
const MOST_PARAMS = 100;
const MOST_PARAM_CHARACTERS = 500;

const status: Readonly<Record<Outcome, string>> = { done: "FINISHED", failed: "FAILED", stopped: "KILLED" };

const experimentFound = z.object({ experiment: z.object({ experiment_id: z.string() }) });
const experimentMade = z.object({ experiment_id: z.string() });
const runAnswer = z.object({
  run: z.object({
    info: z.object({ run_id: z.string() }),
    data: z
      .object({ metrics: z.array(z.object({ key: z.string(), step: z.coerce.number() })).default([]) })
      .default({ metrics: [] }),
  }),
});

/** Answers that say no more than that all is well. */
const anything = z.object({});

/** The key of a server, by the variables that MLflow's own clients read. */
export function mlflowHeaders(env: NodeJS.ProcessEnv): Record<string, string> {
  const { MLFLOW_TRACKING_TOKEN: token, MLFLOW_TRACKING_USERNAME: user, MLFLOW_TRACKING_PASSWORD: password } = env;
  if (user) return { authorization: `Basic ${Buffer.from(`${user}:${password ?? ""}`).toString("base64")}` };
  return token?.trim() ? { authorization: `Bearer ${token.trim()}` } : {};
}

class MlflowSender implements Sender {
  private at?: ServerRun;
  /** The last step of each metric that the server has. */
  private last = new Map<string, number>();
  private readonly seen = new Set<Series>();
  /** Whether the server does not have the run's settings yet. */
  private lacksSettings = false;

  constructor(
    private readonly run: TrackedRun,
    private readonly server: Server,
  ) {}

  async send(entries: readonly Entry[], signal: AbortSignal): Promise<void> {
    for (const { series } of entries) await this.open(series, signal);
    if (this.lacksSettings) await this.sendSettings(this.at!.id, signal);
    const metrics = entries.flatMap(({ step, time, scalars }) =>
      Object.entries(scalars).flatMap(([key, value]) =>
        // MLflow keeps every value it gets, so steps that it has are not sent again.
        Number.isFinite(value) && step > (this.last.get(key) ?? -1)
          ? [{ key, value, timestamp: time.getTime(), step }]
          : [],
      ),
    );
    for (let i = 0; i < metrics.length; i += MOST_METRICS) {
      const batch = { run_id: this.at!.id, metrics: metrics.slice(i, i + MOST_METRICS) };
      await this.post("/runs/log-batch", batch, anything, signal);
      // If a later batch fails, all entries are sent again.
      for (const { key, step } of batch.metrics) this.last.set(key, step);
    }
  }

  async finish(outcome: Outcome, signal: AbortSignal): Promise<void> {
    this.at ??= await this.readRun();
    if (this.at.id === "") return;
    await this.end(this.at.id, outcome, signal);
  }

  private async end(run_id: string, outcome: Outcome, signal: AbortSignal): Promise<void> {
    const body = { run_id, status: status[outcome], end_time: this.run.clock().getTime() };
    await this.post("/runs/update", body, anything, signal);
  }

  private readRun(): Promise<ServerRun> {
    return ServerRun.read(this.run.folder, "mlflow", { url: this.server.url, project: this.run.project });
  }

  /** Begins or continues the run at the server, before the first entry of a series. */
  private async open(series: Series, signal: AbortSignal): Promise<void> {
    if (this.seen.has(series)) return;
    if (this.at === undefined) {
      const at = await this.readRun();
      const isThere = at.id !== "" && !at.isOutdatedBy(series) && (await this.continueRun(at.id, signal));
      if (!isThere) await this.createRun(at, signal);
      this.at = at;
    } else if (this.at.isOutdatedBy(series)) {
      await this.end(this.at.id, "stopped", signal);
      await this.createRun(this.at, signal);
    }
    await this.at.add(series);
    this.seen.add(series);
  }

  /** Whether the server still has the run, which then goes on. */
  private async continueRun(id: string, signal: AbortSignal): Promise<boolean> {
    try {
      const { run } = await this.get(`/runs/get?run_id=${encodeURIComponent(id)}`, runAnswer, signal);
      this.last = new Map(run.data.metrics.map(({ key, step }) => [key, step]));
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
    await this.post("/runs/update", { run_id: id, status: "RUNNING" }, anything, signal);
    return true;
  }

  private async createRun(at: ServerRun, signal: AbortSignal): Promise<void> {
    const { name, clock } = this.run;
    const body = {
      experiment_id: await this.experiment(signal),
      run_name: name,
      start_time: clock().getTime(),
      tags: [{ key: "mlflow.source.name", value: "rewardscope" }],
    };
    const { run_id } = (await this.post("/runs/create", body, runAnswer, signal)).run.info;
    await at.begin(run_id);
    this.last = new Map();
    this.lacksSettings = true;
  }

  private async sendSettings(run_id: string, signal: AbortSignal): Promise<void> {
    const params = Object.entries(this.run.settings).map(([key, value]) => ({
      key,
      value: value.slice(0, MOST_PARAM_CHARACTERS),
    }));
    for (let i = 0; i < params.length; i += MOST_PARAMS)
      await this.post("/runs/log-batch", { run_id, params: params.slice(i, i + MOST_PARAMS) }, anything, signal);
    this.lacksSettings = false;
  }

  /** The id of the experiment with the project's name, which is created if missing. */
  private async experiment(signal: AbortSignal): Promise<string> {
    const { project: name } = this.run;
    try {
      const path = `/experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`;
      return (await this.get(path, experimentFound, signal)).experiment.experiment_id;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    return (await this.post("/experiments/create", { name }, experimentMade, signal)).experiment_id;
  }

  private get<Answer>(path: string, answer: z.ZodType<Answer>, signal: AbortSignal): Promise<Answer> {
    return askServer(this.server, `${API}${path}`, { answer, signal });
  }

  private post<Answer>(path: string, body: object, answer: z.ZodType<Answer>, signal: AbortSignal): Promise<Answer> {
    return askServer(this.server, `${API}${path}`, { body, answer, signal });
  }
}

const isMissing = (error: unknown): boolean => error instanceof RequestFailed && error.status === 404;

/** Opens a tracker that sends metrics to an MLflow server. */
export const openMlflow = (run: TrackedRun, server: Server): Tracker =>
  deliverTo(new MlflowSender(run, server), "mlflow", run);
