/** A server with the part of MLflow's REST API that runs use; it refuses requests of another form. */
import { z } from "zod";
import { type Asked, type TrackingServer, trackingServer } from "./tracking-server.js";

const text = z.string().min(1);
const milliseconds = z.int().min(1e12);
const metric = z.strictObject({ key: text.max(250), value: z.number(), timestamp: milliseconds, step: z.int() });
const param = z.strictObject({ key: text.max(250), value: text.max(6000) });

/** Bodies of POST requests, by MLflow's documentation. */
const forms: Readonly<Record<string, z.ZodType>> = {
  "experiments/create": z.strictObject({ name: text }),
  "runs/create": z.strictObject({
    experiment_id: text,
    run_name: text,
    start_time: milliseconds,
    tags: z.array(z.strictObject({ key: text, value: text })),
  }),
  "runs/log-batch": z.strictObject({
    run_id: text,
    metrics: z.array(metric).max(1000).optional(),
    params: z.array(param).max(100).optional(),
  }),
  "runs/update": z.strictObject({
    run_id: text,
    status: z.enum(["RUNNING", "FINISHED", "FAILED", "KILLED"]),
    end_time: milliseconds.optional(),
  }),
};

export interface MlflowRun {
  name: string;
  status: string;
  params: Record<string, string>;
  metrics: z.output<typeof metric>[];
}

export interface MlflowServer extends TrackingServer {
  /** Experiments by name, with the ids of their runs. */
  readonly experiments: Map<string, string[]>;
  readonly runs: Map<string, MlflowRun>;
}

const missing = { status: 404, body: { error_code: "RESOURCE_DOES_NOT_EXIST", message: "not there" } };

/** @param before may answer instead */
export async function mlflowServer(before: (asked: Asked) => { status: number } | undefined = () => undefined) {
  const experiments: MlflowServer["experiments"] = new Map();
  const runs: MlflowServer["runs"] = new Map();
  const server = await trackingServer((asked) => {
    const early = before(asked);
    if (early) return { ...early, body: { message: "told to" } };
    const [place, query] = asked.path.replace("/api/2.0/mlflow/", "").split("?");
    const parameters = new URLSearchParams(query);
    if (place === "experiments/get-by-name") {
      const name = parameters.get("experiment_name")!;
      return experiments.has(name) ? { body: { experiment: { experiment_id: name } } } : missing;
    }
    if (place === "runs/get") {
      const run_id = parameters.get("run_id")!;
      const run = runs.get(run_id);
      if (!run) return missing;
      const latest = new Map(run.metrics.map((one) => [one.key, one]));
      return { body: { run: { info: { run_id, status: run.status }, data: { metrics: [...latest.values()] } } } };
    }
    const body = forms[place]?.safeParse(asked.body);
    if (!body?.success) return { status: 400, body: { message: `${place}: ${body?.error}` } };
    const given = body.data as Record<string, never>;
    if (place === "experiments/create") {
      experiments.set(given.name, []);
      return { body: { experiment_id: given.name } };
    }
    if (place === "runs/create") {
      const run_id = `run-${runs.size + 1}`;
      experiments.get(given.experiment_id)!.push(run_id);
      runs.set(run_id, { name: given.run_name, status: "RUNNING", params: {}, metrics: [] });
      return { body: { run: { info: { run_id }, data: {} } } };
    }
    const run = runs.get(given.run_id);
    if (!run) return missing;
    if (place === "runs/update") run.status = given.status;
    run.metrics.push(...((given.metrics as MlflowRun["metrics"] | undefined) ?? []));
    for (const { key, value } of (given.params as z.output<typeof param>[] | undefined) ?? []) run.params[key] = value;
    return { body: {} };
  });
  return { ...server, experiments, runs } satisfies MlflowServer;
}
