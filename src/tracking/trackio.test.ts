import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { type TrackingServer, trackingServer } from "../../test/support/tracking-server.js";
import type { Series } from "./tracker.js";
import { openTrackers } from "./trackers.js";
import { trackioHeaders } from "./trackio.js";

/** trackio's LogEntry. */
const entry = z.strictObject({
  project: z.string(),
  run: z.string(),
  run_id: z.uuid(),
  step: z.int(),
  metrics: z.record(z.string(), z.number()),
  log_id: z.string(),
  config: z.record(z.string(), z.string()).optional(),
});
const form = z.strictObject({ logs: z.array(entry), hf_token: z.null() });

let server: TrackingServer;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-trackio-"));
  server = await trackingServer(({ method, path, body }) =>
    method === "POST" && path === "/api/bulk_log" && form.safeParse(body).success
      ? { body: { data: null } }
      : { status: 400, body: { error: "another form" } },
  );
});
afterEach(() => server.close());

async function runOnce(series: Partial<Series>, steps: number[]): Promise<z.output<typeof entry>[]> {
  server.asked.length = 0;
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const run = { folder, name: "first", project: "reviews", settings: { seed: "42" }, clock: () => new Date(0), log };
  const tracking = { to: ["trackio" as const], project: "reviews" };
  const tracker = openTrackers(tracking, run, { TRACKIO_SERVER_URL: server.url, TRACKIO_WRITE_TOKEN: "sesame" });
  const tracked = tracker.series({ name: "tune", after: 0, continues: false, ...series });
  for (const step of steps) tracked.log(step, { "objective/kl": step, lr: Number.POSITIVE_INFINITY });
  await tracker.close("done");
  expect(lines).toEqual([]);
  for (const { headers } of server.asked) expect(headers["x-trackio-write-token"]).toBe("sesame");
  return server.asked.flatMap(({ body }) => form.parse(body).logs);
}

test("every step is sent under an id of its own, the settings once", async () => {
  const logs = await runOnce({}, [1, 2]);
  expect(new Set(logs.map(({ run_id }) => run_id)).size).toBe(1);
  expect(logs).toMatchObject([
    { project: "reviews", run: "first", step: 1, metrics: { "objective/kl": 1 }, config: { seed: "42" } },
    { step: 2, metrics: { "objective/kl": 2 } },
  ]);
  expect(new Set(logs.map(({ log_id }) => log_id)).size).toBe(2);
});

test("a step that is made again has the id that it had, unless the stage begins anew", async () => {
  const [, second] = await runOnce({}, [1, 2]);
  const [again] = await runOnce({ after: 1, continues: true }, [2]);
  expect(again.log_id).toBe(second.log_id);
  const [anew] = await runOnce({}, [2]);
  expect(anew.run_id).not.toBe(second.run_id);
  expect(anew.config).toEqual({ seed: "42" });
});

test("the Hub's token goes to a Space alone", () => {
  const env = { HF_TOKEN: "hf", TRACKIO_WRITE_TOKEN: "own" };
  expect(trackioHeaders(env, "https://ada-board.hf.space")).toEqual({ authorization: "Bearer hf" });
  expect(trackioHeaders(env, "https://hf.space.example.org")).toEqual({ "x-trackio-write-token": "own" });
});
