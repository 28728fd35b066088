/** What the server keeps in memory is never older than the files: every answer after a change shows it. */
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hono } from "hono";
import { afterEach, beforeEach, expect, test } from "vitest";
import { appendJsonl } from "../../src/io/jsonl.js";
import { OutputChecks } from "../../src/results/outputs.js";
import { writeResults } from "../../src/results/results.js";
import { type RunRecordData, readRecord, writeRecord } from "../../src/results/run-record.js";
import { createApp } from "../../src/server/app.js";
import { listen } from "../../src/server/listen.js";
import { writePlayableRun } from "../support/playable-run.js";

let folder: string;
let run: string;
let app: Hono;
let ended: AbortController;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-view-fresh-"));
  run = await writePlayableRun(folder, "one");
  ended = new AbortController();
  app = createApp({ folder, host: "127.0.0.1", signal: ended.signal });
});
afterEach(async () => {
  ended.abort();
  await rm(folder, { recursive: true, force: true });
});

const answer = (path: string) => app.request(`http://127.0.0.1:4040${path}`);
const page = async (path: string) => (await answer(path)).text();
const json = async <T>(path: string) => (await answer(path)).json() as Promise<T>;
const complete = async () => {
  const body = JSON.stringify({ prefix: "A good film", tokens: 2 });
  const headers = { "Content-Type": "application/json" };
  const lines = await app.request("http://127.0.0.1:4040/api/runs/one/complete", { method: "POST", headers, body });
  const last = (await lines.text()).trim().split("\n").at(-1)!;
  return JSON.parse(last) as { words: { text: string }[] };
};

async function changeRecord(change: (record: RunRecordData) => void): Promise<void> {
  const record = await readRecord(run);
  change(record);
  await writeRecord(run, record);
}

test("settings and status of a run, and the models that are in memory", async () => {
  expect((await json<{ seed: number }>("/api/runs/one")).seed).toBe(42);
  expect((await complete()).words.map(({ text }) => text)).toContain("good");
  await changeRecord(({ config, stages }) => {
    config.seed = 43;
    config.reward = { ...(config.reward as object), of: "completion" };
    stages.explain = { ...stages.explain, status: "failed", error: "out of memory" };
  });
  expect(await json("/api/runs/one")).toMatchObject({ seed: 43, status: "failed", config: { seed: 43 } });
  expect((await json<{ runs: object[] }>("/api/runs")).runs).toMatchObject([{ seed: 43, status: "failed" }]);
  expect(await page("/runs/one")).toMatch(/seed 43.*out of memory/s);
  // The prompt is no part of the reward any more.
  expect((await complete()).words.map(({ text }) => text)).not.toContain("good");
});

test("figures of results.json, curves of tuning, and features", async () => {
  const figures = async () => (await json<{ figures: { id: string; value: number }[] }>("/api/runs/one")).figures;
  expect(await figures()).toEqual([]);
  const pair = { model: "tuned" as const, layer: 0, mmcs: 0.75, randomMmcs: 0.25, cosines: [0.75], top: [] };
  await writeResults(run, { match: { topK: 1, pairs: [pair] } });
  expect(await figures()).toMatchObject([
    { id: "mmcsTuned", value: 0.75 },
    { id: "mmcsRandom", value: 0.25 },
  ]);
  expect(await page("/runs/one/progress")).toContain("0.300 at batch 3");
  await appendJsonl(join(run, "tuning", "metrics.jsonl"), {
    batch: 4,
    "objective/scores": 0.7,
    "objective/kl": 4,
  });
  expect(await page("/runs/one/progress")).toContain("0.700 at batch 4");
  expect((await json<{ lines: object[] }>("/api/runs/one/metrics")).lines).toHaveLength(4);
  const file = join(run, "features.jsonl");
  await writeFile(file, (await readFile(file, "utf8")).replaceAll("fires on", "is active at"));
  const outputs = await new OutputChecks(run).describe(["features.jsonl"], []);
  await changeRecord(({ stages }) => {
    stages.explain = { ...stages.explain, outputs };
  });
  expect(await page("/api/runs/one/features")).toContain("is active at");
});

test("a report that is written anew, and runs that come and go", async () => {
  const report = join(run, "report");
  await mkdir(report);
  for (const text of ["the first", "the other"]) {
    await writeFile(join(report, "index.html"), text);
    expect(await page("/runs/one/report")).toBe(text);
  }
  await rm(report, { recursive: true });
  expect((await answer("/runs/one/report")).status).toBe(404);
  await writePlayableRun(folder, "two");
  expect((await answer("/runs/two")).status).toBe(200);
  expect(await page("/")).toContain('href="/runs/two"');
  expect(await page("/compare?run=one&run=two")).toContain("one and two");
  await rm(join(folder, "two"), { recursive: true });
  expect((await answer("/runs/two")).status).toBe(404);
  expect(await page("/")).not.toContain('href="/runs/two"');
});

test("whatever is in the way of one run hides no other, in the list and in a comparison", async () => {
  await writePlayableRun(folder, "two");
  for (const name of ["json", "folder", "results", "log", "pipe"]) await writePlayableRun(folder, name);
  await writeFile(join(folder, "json", "run.json"), "{");
  await rm(join(folder, "folder", "run.json"));
  await mkdir(join(folder, "folder", "run.json"));
  await rm(join(folder, "results", "results.json"));
  await mkdir(join(folder, "results", "results.json"));
  await writeFile(join(folder, "log", "tuning", "metrics.jsonl"), "no JSON\n");
  await rm(join(folder, "pipe", "run.json"));
  execFileSync("mkfifo", [join(folder, "pipe", "run.json")]);
  await symlink("itself", join(folder, "itself"));
  await writeFile(join(folder, "a file"), "of no run");
  const list = await json<{ runs: { id: string }[]; damaged: { id: string; reason: string }[] }>("/api/runs");
  expect(list.runs.map(({ id }) => id)).toEqual(["log", "one", "two"]);
  const reasons = Object.fromEntries(list.damaged.map(({ id, reason }) => [id, reason]));
  expect(reasons).toEqual({
    itself: expect.stringMatching(/^cannot be read: ELOOP/),
    json: expect.stringContaining("run.json: expected JSON"),
    folder: expect.stringContaining("run.json: expected a file, received a folder"),
    results: expect.stringContaining("results.json"),
    pipe: expect.stringContaining("run.json: expected a file, received neither file nor folder"),
  });
  const all = ["one", "two", "json", "log"].map((id) => `run=${id}`).join("&");
  const compared = await page(`/compare?${all}`);
  expect(compared).toContain("<h1>one and two</h1>");
  expect(compared).toMatch(/Runs that cannot be read.*<b>json<\/b>: .*<b>log<\/b>: .*line 1/s);
  expect(await page("/compare?run=one&run=json")).toMatch(/two or more that can be read.*json: .*expected JSON/s);
});

test("a report that is a pipe, and a body that does not say how large it is, hold nothing up", async () => {
  await mkdir(join(run, "report"));
  execFileSync("mkfifo", [join(run, "report", "index.html")]);
  const report = await answer("/runs/one/report");
  expect([report.status, await report.text()]).toEqual([400, expect.stringContaining("neither file nor folder")]);
  const { url } = await listen({ folder, host: "127.0.0.1", port: 0, signal: ended.signal });
  const status = await new Promise((done, fail) => {
    const headers = { "Content-Type": "application/json", "Transfer-Encoding": "chunked" };
    const asked = request(new URL("/api/runs/one/activations", url), { method: "POST", headers });
    asked.on("response", (response) => {
      done(response.statusCode);
      asked.destroy();
    });
    asked.on("error", fail);
    const piece = Buffer.alloc(64 * 1024, " ");
    for (let bytes = 0; bytes <= 1024 * 1024; bytes += piece.length) asked.write(piece);
  });
  expect(status).toBe(413);
});
