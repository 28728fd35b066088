import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type MlflowServer, mlflowServer } from "../../test/support/mlflow-server.js";
import type { TrackingSettings } from "./settings.js";
import type { Outcome, Series } from "./tracker.js";
import { openTrackers, trackingIssues } from "./trackers.js";

let server: MlflowServer;
let folder: string;
let lines: string[];
let env: Record<string, string>;

beforeEach(async () => {
  server = await mlflowServer();
  folder = await mkdtemp(join(tmpdir(), "rewardscope-mlflow-"));
  lines = [];
  env = { MLFLOW_TRACKING_URI: `${server.url}/` };
});
afterEach(() => server.close());

const settings: TrackingSettings = { to: ["mlflow"], project: "reviews" };

/** One process of a run: begins a series, logs its steps, ends. */
async function runOnce(series: Partial<Series>, steps: number[], outcome: Outcome = "done"): Promise<void> {
  const run = {
    ...{ folder, name: "first", project: settings.project, settings: { "ppo.batches": "64", seed: "42" } },
    clock: () => new Date("2026-01-01T00:00:00Z"),
    log: (line: string) => void lines.push(line),
  };
  const tracker = openTrackers(settings, run, env);
  const tracked = tracker.series({ name: "tune", after: 0, continues: false, ...series });
  for (const step of steps) {
    tracked.log(step, { "objective/kl": step / 2, lr: Number.NaN });
    tracked.text(step, { "samples/0": "a completion" });
  }
  await tracker.close(outcome);
}

const kl = (run: string) => server.runs.get(run)!.metrics.map(({ key, step, value }) => [key, step, value]);

test("a run has an experiment, its settings, and every step; completions stay here", async () => {
  await runOnce({}, [1, 2]);
  expect(lines).toEqual([]);
  expect([...server.experiments]).toEqual([["reviews", ["run-1"]]]);
  expect(server.runs.get("run-1")).toMatchObject({
    name: "first",
    status: "FINISHED",
    params: { "ppo.batches": "64", seed: "42" },
  });
  expect(kl("run-1")).toEqual([
    ["objective/kl", 1, 0.5],
    ["objective/kl", 2, 1],
  ]);
  expect(JSON.stringify(server.asked)).not.toContain("completion");
});

test("a resumed run goes on in the same run there, and no step is doubled", async () => {
  await runOnce({}, [1, 2, 3], "stopped");
  expect(server.runs.get("run-1")!.status).toBe("KILLED");
  await runOnce({ after: 2, continues: true }, [3, 4], "failed");
  expect(server.runs.size).toBe(1);
  expect(kl("run-1").map(([, step]) => step)).toEqual([1, 2, 3, 4]);
  expect(server.runs.get("run-1")!.status).toBe("FAILED");
  expect([...server.experiments]).toEqual([["reviews", ["run-1"]]]);
});

test("a stage that begins anew has a new run there; a further series does not need one", async () => {
  await runOnce({}, [1, 2]);
  await runOnce({ name: "dictionaries-base" }, [10]);
  expect(server.runs.size).toBe(1);
  await runOnce({}, [1]);
  expect(server.runs.size).toBe(2);
  expect(kl("run-2").map(([, step]) => step)).toEqual([1]);
});

test("a request that fails after another of the same values arrived is sent again alone", async () => {
  await server.close();
  let sent = 0;
  const full = (body: unknown) => (body as { metrics?: unknown[] } | undefined)?.metrics?.length === 1000;
  server = await mlflowServer(({ path, body }) => {
    if (path.endsWith("/log-batch") && (sent > 0 || full(body))) sent++;
    return sent === 2 ? { status: 503 } : undefined;
  });
  env = { MLFLOW_TRACKING_URI: server.url };
  const run = { folder, name: "first", project: settings.project, settings: {}, clock: () => new Date(1.8e12) };
  const tracker = openTrackers(settings, { ...run, log: (line) => void lines.push(line) }, env);
  const tracked = tracker.series({ name: "tune", after: 0, continues: false });
  const names = Array.from({ length: 11 }, (_, i) => `loss/${i}`);
  for (let step = 1; step <= 101; step++) tracked.log(step, Object.fromEntries(names.map((name) => [name, step])));
  await tracker.close("done");
  expect(lines).toEqual([expect.stringContaining("answered 503; it is tried again")]);
  const arrived = server.runs.get("run-1")!.metrics.map(({ key, step }) => `${key} ${step}`);
  expect(arrived).toHaveLength(11 * 101);
  expect(new Set(arrived).size).toBe(arrived.length);
});

test("settings that did not arrive at first are sent again, to the same run", async () => {
  await server.close();
  let refused = 0;
  server = await mlflowServer(({ path, body }) =>
    path.endsWith("/log-batch") && (body as { params?: unknown }).params && refused++ === 0
      ? { status: 503 }
      : undefined,
  );
  env = { MLFLOW_TRACKING_URI: server.url };
  await runOnce({}, [1, 2]);
  expect(lines).toEqual([expect.stringContaining("answered 503; it is tried again")]);
  expect(server.runs.size).toBe(1);
  expect(server.runs.get("run-1")!.params).toEqual({ "ppo.batches": "64", seed: "42" });
  expect(kl("run-1").map(([, step]) => step)).toEqual([1, 2]);
});

test("where the server has lost the run, another begins", async () => {
  await runOnce({}, [1]);
  server.runs.delete("run-1");
  server.runs.set("other", { name: "other", status: "RUNNING", params: {}, metrics: [] });
  await runOnce({ after: 1, continues: true }, [2]);
  expect(kl("run-2").map(([, step]) => step)).toEqual([2]);
});

test.each([
  [{ MLFLOW_TRACKING_TOKEN: "sesame" }, "Bearer sesame"],
  [{ MLFLOW_TRACKING_USERNAME: "ada", MLFLOW_TRACKING_PASSWORD: "sesame" }, "Basic YWRhOnNlc2FtZQ=="],
])("the key goes with every request and nowhere else: %o", async (key, header) => {
  Object.assign(env, key);
  await runOnce({}, [1]);
  expect(server.asked.length).toBeGreaterThan(4);
  for (const { headers } of server.asked) expect(headers.authorization).toBe(header);
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const texts = files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name), "utf8"));
  expect(texts).toHaveLength(1);
  expect((await Promise.all(texts)).join()).not.toMatch(/sesame|YWRh/);
});

test("a refusal ends tracking with one line, which has no key", async () => {
  await server.close();
  server = await mlflowServer(() => ({ status: 401 }));
  env = { MLFLOW_TRACKING_URI: server.url, MLFLOW_TRACKING_TOKEN: "sesame" };
  await runOnce({}, [1, 2]);
  expect(lines).toEqual([
    `tracking by mlflow stopped: ${server.url}/api/2.0/mlflow/experiments/get-by-name answered 401: its key in the environment is missing, wrong, or may not write; the run and its own logs go on`,
  ]);
});

test("an address is needed, and none with a password", () => {
  expect(trackingIssues(settings, {})).toEqual([
    {
      path: "tracking.url",
      expected: "the server's address, or MLFLOW_TRACKING_URI in the environment",
      received: "nothing",
    },
  ]);
  const [issue] = trackingIssues(settings, { MLFLOW_TRACKING_URI: "http://ada:sesame@server" });
  expect(issue.path).toBe("MLFLOW_TRACKING_URI");
  expect(JSON.stringify(issue)).not.toContain("sesame");
  const both = { ...settings, to: ["mlflow" as const, "trackio" as const] };
  const keys = { MLFLOW_TRACKING_TOKEN: "ses\name", TRACKIO_WRITE_TOKEN: "ses\u0100me" };
  const found = trackingIssues({ ...both, url: "http://server" }, keys);
  expect(found.map(({ path }) => path)).toEqual(["MLFLOW_TRACKING_TOKEN", "TRACKIO_WRITE_TOKEN"]);
  expect(JSON.stringify(found)).not.toContain("ses");
  expect(trackingIssues({ ...both, url: "http://server" }, { MLFLOW_TRACKING_TOKEN: "sesame\n" })).toEqual([]);
  expect(trackingIssues({ ...settings, url: "http://server" }, {})).toEqual([]);
  expect(trackingIssues({ ...settings, to: ["tensorboard"] }, {})).toEqual([]);
});
