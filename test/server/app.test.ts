import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hono } from "hono";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exchangedLogits } from "../../src/interpret/index.js";
import { appendJsonl } from "../../src/io/jsonl.js";
import { loadModel } from "../../src/model/load.js";
import { sampleByLogits } from "../../src/model/sample-by-logits.js";
import { loadTokenizer } from "../../src/model/tokenizer/tokenizer.js";
import { loadAutoencoder } from "../../src/sae/saelens-folder.js";
import type { TextActivations } from "../../src/server/activations.js";
import { createApp } from "../../src/server/app.js";
import { listen } from "../../src/server/listen.js";
import { expectClose } from "../support/expect-close.js";
import { writeOldRun } from "../support/old-run.js";
import { writePlayableRun } from "../support/playable-run.js";

let folder: string;
let app: Hono;
const ended = new AbortController();
const at = (path: string) => `http://127.0.0.1:4040${path}`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-view-"));
  await writePlayableRun(folder, "one", { shared: true });
  await writePlayableRun(folder, "unshared");
  await mkdir(join(folder, "damaged"));
  await writeFile(join(folder, "damaged", "run.json"), "{");
  app = createApp({ folder, host: "127.0.0.1", signal: ended.signal });
});
afterAll(async () => {
  ended.abort();
  await rm(folder, { recursive: true, force: true });
});

const post = (path: string, body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal) =>
  app.request(at(path), {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
    signal,
  });

interface Line {
  column: string;
  text: string;
  done?: true;
  reward?: number;
  words?: { text: string; start: number; end: number; value: number }[];
  error?: { message: string };
}

async function completion(body: object): Promise<Line[]> {
  const answer = await post("/api/runs/one/complete", body);
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(text);
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

test("the list has runs and says which cannot be read", async () => {
  const page = await (await app.request(at("/"))).text();
  expect(page).toContain('href="/runs/one"');
  expect(page).toMatch(/Runs that cannot be read.*damaged/s);
  const answer = await app.request(at("/api/runs/one"));
  expect(await answer.json()).toMatchObject({
    id: "one",
    status: "done",
    started: "2026-01-02T03:04:05.000Z",
    seed: 42,
    reward: "vader",
    stages: [
      { name: "divergence", status: "done", seconds: 12 },
      { name: "dictionaries" },
      { name: "explain" },
      { name: "carry" },
    ],
    config: { ppo: { batchSize: 64 } },
  });
});

test("a page is painted without another request: its style is in it, and its script waits", async () => {
  for (const path of ["/", "/runs/one", "/runs/one/playground"]) {
    const page = await (await app.request(at(path))).text();
    expect(page, path).toContain("<style>");
    expect(page.match(/<link(?! rel="icon" href="data:,")|<script(?! type="module")|@import|url\(/g), path).toBe(null);
  }
});

test("completions come in pieces, and are those that the models generate", async () => {
  const request = { prefix: "A good film", tokens: 12, seed: 7 };
  const lines = await completion(request);
  const tokenizer = await loadTokenizer(join(folder, ".models", "base"));
  const ids = tokenizer.encode(request.prefix);
  for (const column of ["base", "tuned"]) {
    const model = await loadModel(join(folder, ".models", column));
    const [row] = await model.generate([ids], { maxNewTokens: 12, seed: 7 });
    const expected = tokenizer.decode(row.slice(ids.length).filter((id) => id !== 0));
    const own = lines.filter((line) => line.column === column);
    const pieces = own.filter(({ done }) => !done);
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.map(({ text }) => text).join("")).toBe(expected);
    const last = own[own.length - 1];
    expect(last).toMatchObject({ done: true, text: expected });
    // "good" has the valence 1.9; Eq. 3 divides by 5.
    expect(last.words![0]).toEqual({ text: "good", start: 2, end: 6, value: 0.38 });
    expect(last.reward).toBeCloseTo(
      last.words!.reduce((sum, { value }) => sum + value, 0),
      9,
    );
    await model.dispose();
  }
});

test("a run of an older format is shown with its features and their labels", async () => {
  const parent = await mkdtemp(join(tmpdir(), "rewardscope-view-"));
  await writeOldRun(join(parent, "old"));
  const view = createApp({ folder: parent, host: "127.0.0.1", signal: ended.signal });
  const answer = async (path: string) => (await view.request(at(path))).json();
  expect(await answer("/api/runs/old")).toMatchObject({ id: "old", status: "done", seed: 42, reward: "vader" });
  const { features } = (await answer("/api/runs/old/features")) as { features: object[] };
  expect(features).toMatchObject([
    { id: "tuned-1-0", related: false, sentimentAssociation: 0.2 },
    { id: "tuned-1-1", related: true, sentimentAssociation: 0.2 },
  ]);
  await rm(parent, { recursive: true });
});

test("features are ablated and steered in the tuned model alone", async () => {
  const request = { prefix: "A good film", tokens: 10, temperature: 0 };
  const plain = await completion(request);
  const edits = [
    { feature: "tuned-1-0", kind: "steer", strength: 8 },
    { feature: "tuned-0-5", kind: "ablate" },
  ];
  const edited = await completion({ ...request, edits });
  const end = (lines: Line[], column: string) => lines.find((line) => line.column === column && line.done)!.text;
  expect(end(edited, "tuned")).toBe(end(plain, "tuned"));
  expect(end(edited, "base")).toBe(end(plain, "base"));
  const model = await loadModel(join(folder, ".models", "tuned"));
  const tokenizer = await loadTokenizer(join(folder, ".models", "base"));
  const of = (layer: number) =>
    loadAutoencoder(join(folder, "one", "dictionaries", "tuned", `blocks.${layer}.hook_mlp_out`, "small"));
  const ids = tokenizer.encode(request.prefix);
  const [row] = await model.generate([ids], {
    maxNewTokens: 10,
    temperature: 0,
    edits: [
      { at: "blocks.0.hook_mlp_out", kind: "subtractFeatures", dictionary: await of(0), features: [5] },
      // The feature's highest activation is 2.
      { at: "blocks.1.hook_mlp_out", kind: "add", dictionary: await of(1), features: [0], strength: 16 },
    ],
  });
  expect(end(edited, "edited")).toBe(tokenizer.decode(row.slice(ids.length).filter((id) => id !== 0)));
  expect(end(edited, "edited")).not.toBe(end(edited, "tuned"));
});

/** The text of a column. */
const textOf = (lines: Line[], column: string) => lines.find((line) => line.column === column && line.done)!.text;

test("weights between the models: dose 0 and 1, or all parts of the other, are one of the models", async () => {
  const request = { prefix: "A good film", tokens: 10, seed: 3 };
  const { parts } = (await (await app.request(at("/api/runs/one/parts"))).json()) as { parts: string[] };
  expect(parts).toEqual(["embedding", "attention-0", "mlp-0", "attention-1", "mlp-1", "norm", "unembedding"]);
  for (const [weights, same] of [
    [{ kind: "dose", dose: 0 }, "base"],
    [{ kind: "dose", dose: 1 }, "tuned"],
    [{ kind: "parts", into: "base", parts }, "tuned"],
    [{ kind: "parts", into: "tuned", parts }, "base"],
  ] as const) {
    const lines = await completion({ ...request, weights });
    expect(textOf(lines, "edited"), JSON.stringify(weights)).toBe(textOf(lines, same));
  }
  const half = await completion({ ...request, weights: { kind: "dose", dose: 0.5 } });
  expect([textOf(half, "base"), textOf(half, "tuned")]).not.toContain(textOf(half, "edited"));
  const wrong = await post("/api/runs/one/complete", {
    ...request,
    weights: { kind: "dose", dose: 9 },
    amplification: 99,
  });
  expect(await wrong.json()).toMatchObject({
    error: { message: expect.stringMatching(/weights\.dose.*\namplification/s) },
  });
});

test("features of one model in the other are those of the interchange, with edits and amplification", async () => {
  const request = { prefix: "A good film", tokens: 10, seed: 3 };
  const tokenizer = await loadTokenizer(join(folder, ".models", "base"));
  const models = {
    base: await loadModel(join(folder, ".models", "base")),
    tuned: await loadModel(join(folder, ".models", "tuned")),
  };
  const shared = async (layer: number) => ({
    layer,
    dictionary: await loadAutoencoder(join(folder, "one", "dictionaries", "shared", `blocks.${layer}.hook_mlp_out`)),
  });
  const dictionaries = [await shared(0), await shared(1)];
  const features = ["shared-1-0", "shared-0-2", "shared-1-5", "shared-1-0"];
  const ids = tokenizer.encode(request.prefix);
  for (const into of ["base", "tuned"] as const) {
    const lines = await completion({ ...request, exchange: { into, features } });
    const other = models[into === "base" ? "tuned" : "base"];
    const next = exchangedLogits(models[into], other, { dictionaries, exchange: { features: [[2], [0, 5]] } });
    const row = await sampleByLogits(next, ids, { maxNewTokens: 10, seed: 3, stopTokens: [0] });
    expect(textOf(lines, "edited")).toBe(tokenizer.decode(row.slice(ids.length).filter((id) => id !== 0)));
    expect(textOf(lines, "edited")).not.toBe(textOf(lines, into));
  }
  // Whatever the base model's features make of the tuned model, amplified by -1 it is the base model.
  const back = await completion({ ...request, amplification: -1, exchange: { into: "tuned", features } });
  expect(textOf(back, "edited")).toBe(textOf(back, "base"));
  const edits = [{ feature: "tuned-1-0", kind: "steer", strength: 8 }];
  const both = await completion({ ...request, edits, exchange: { into: "tuned", features } });
  const alone = await completion({ ...request, exchange: { into: "tuned", features } });
  expect(textOf(both, "edited")).not.toBe(textOf(alone, "edited"));
  await Promise.all(Object.values(models).map((model) => model.dispose()));
});

test("exchanges that cannot be made are refused with a reason", async () => {
  const request = { prefix: "A good film", tokens: 3 };
  const message = async (run: string, more: object) => {
    const answer = await post(`/api/runs/${run}/complete`, { ...request, ...more });
    expect(answer.status).toBe(400);
    return answer.text();
  };
  const exchange = { into: "base", features: ["shared-1-0"] };
  expect(await message("one", { exchange: { into: "base", features: ["tuned-1-0"] } })).toContain(
    "such as shared-3-17",
  );
  expect(await message("unshared", { exchange })).toContain(
    "expected no exchange, since this run has no dictionaries that both models share, received shared-1-0",
  );
  const page = async (run: string) => (await app.request(at(`/runs/${run}/playground`))).text();
  expect(await page("one")).toMatch(/value="shared-1-3".*value="shared-0-5"/s);
  expect(await page("unshared")).toContain("no dictionaries that both models share");
  expect(await page("unshared")).not.toContain("features of tuned in base");
});

test("amplification -1 of the tuned model is the base model, 0 with the base model's weights is itself", async () => {
  const request = { prefix: "A good film", tokens: 10, seed: 3 };
  const back = await completion({ ...request, amplification: -1 });
  expect(textOf(back, "edited")).toBe(textOf(back, "base"));
  const nothing = await completion({ ...request, amplification: 3, weights: { kind: "dose", dose: 0 } });
  expect(textOf(nothing, "edited")).toBe(textOf(nothing, "base"));
  const more = await completion({ ...request, amplification: 1, temperature: 0 });
  expect([textOf(more, "base"), textOf(more, "tuned")]).not.toContain(textOf(more, "edited"));
});

test("several tabs at once get their own answers", async () => {
  const requests = [1, 2, 3].map((seed) => ({ prefix: "The cast", tokens: 8, seed }));
  const alone: string[] = [];
  for (const request of requests) alone.push(JSON.stringify((await completion(request)).filter(({ done }) => !done)));
  const together = await Promise.all(requests.map(completion));
  expect(together.map((lines) => JSON.stringify(lines.filter(({ done }) => !done)))).toEqual(alone);
});

test("a request that is given up makes way for the next", async () => {
  const controller = new AbortController();
  const answer = await post("/api/runs/one/complete", { prefix: "A", tokens: 50 }, {}, controller.signal);
  const reader = answer.body!.getReader();
  await reader.read();
  controller.abort();
  await reader.cancel().catch(() => undefined);
  expect((await completion({ prefix: "A", tokens: 2 })).filter(({ done }) => done)).toHaveLength(2);
});

test("what is wrong with a request is said, all of it", async () => {
  const wrong = await post("/api/runs/one/complete", {
    prefix: "",
    tokens: 0,
    edits: [{ feature: "base-1-0", kind: "ablate" }],
  });
  expect(wrong.status).toBe(400);
  const { error } = (await wrong.json()) as { error: { code: string; message: string } };
  expect(error.code).toBe("INVALID_INPUT");
  for (const path of ["prefix", "tokens", "edits.0.feature"]) expect(error.message).toContain(path);
});

test("all that a run does not have is told before an answer begins, with what it has", async () => {
  const answer = await post("/api/runs/one/complete", {
    prefix: "A",
    edits: [
      { feature: "tuned-9-0", kind: "ablate" },
      { feature: "tuned-1-8", kind: "ablate" },
      { feature: "tuned-1-7", kind: "steer", strength: 1 },
      { feature: "tuned-1-7", kind: "ablate" },
    ],
    weights: { kind: "parts", into: "base", parts: ["mlp-7", "norm"] },
    exchange: { into: "base", features: ["shared-1-8", "shared-1-7", "shared-7-0"] },
  });
  expect(answer.status).toBe(400);
  const { error } = (await answer.json()) as { error: { issues: object[] } };
  const ranges = "tuned-0-0 to tuned-0-7, tuned-1-0 to tuned-1-7";
  expect(error.issues).toEqual([
    { path: "edits.0.feature", expected: ranges, received: "tuned-9-0" },
    { path: "edits.1.feature", expected: ranges, received: "tuned-1-8" },
    {
      path: "edits.2.feature",
      expected: expect.stringContaining("an explained feature"),
      received: "tuned-1-7, which is not explained",
    },
    { path: "weights, exchange", expected: expect.stringContaining("one of them"), received: "both" },
    { path: "weights.parts", expected: expect.stringContaining("some of embedding, attention-0"), received: "mlp-7" },
    {
      path: "exchange.features",
      expected: "shared-0-0 to shared-0-7, shared-1-0 to shared-1-7",
      received: "shared-1-8, shared-7-0",
    },
  ]);
});

test("activations are the dictionaries' codes of both models", async () => {
  const text = "A dull plot, a good cast";
  const reading = (await (await post("/api/runs/one/activations", { text })).json()) as TextActivations;
  const tokenizer = await loadTokenizer(join(folder, ".models", "base"));
  const ids = tokenizer.encode(text);
  expect(reading.tokens.join("")).toBe(text);
  for (const role of ["base", "tuned"] as const) {
    const model = await loadModel(join(folder, ".models", role));
    const { hooks } = await model.forward({ inputIds: [ids] }, { hooks: ["blocks.1.hook_mlp_out"], logits: "none" });
    const sae = await loadAutoencoder(join(folder, "one", "dictionaries", role, "blocks.1.hook_mlp_out", "small"));
    const codes = await sae.encode({ dims: [ids.length, 16], data: hooks["blocks.1.hook_mlp_out"].data });
    const here = reading.models[role].filter(({ layer }) => layer === 1);
    expect(here.length).toBeGreaterThan(2);
    for (const { feature, values, max } of here) {
      const own = ids.map((_, t) => codes.data[t * 8 + feature]);
      expectClose(values, own, 1e-5, `${role} ${feature}`);
      expect(max).toBe(Math.max(...values));
    }
  }
  expect(reading.models.tuned.some(({ explanation }) => explanation?.startsWith("fires on"))).toBe(true);
});

test("other sites and other names are refused", async () => {
  expect((await app.request("http://evil.example/")).status).toBe(421);
  const other = await post("/api/runs/one/activations", { text: "A" }, { Origin: "http://evil.example" });
  expect(other.status).toBe(403);
  const hidden = await post("/api/runs/one/activations", { text: "A" }, { Origin: "null" });
  expect(hidden.status).toBe(403);
  expect((await app.request(at("/api/runs"), { headers: { Origin: "http://evil.example" } })).status).toBe(403);
  const form = await app.request(at("/api/runs/one/activations"), { method: "POST", body: "text=A" });
  expect(form.status).toBe(400);
  const page = await app.request(at("/"));
  expect(page.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
  expect(page.headers.get("Access-Control-Allow-Origin")).toBeNull();
});

test("a body of more than 1 MiB is not read", async () => {
  const answer = await post("/api/runs/one/activations", { text: "A".repeat(1024 * 1024) });
  expect(answer.status).toBe(413);
  expect(await answer.json()).toMatchObject({ error: { code: "TOO_LARGE" } });
});

test("links to runs are listed once, and what cannot be read hides nothing", async () => {
  const links = await mkdtemp(join(tmpdir(), "rewardscope-links-"));
  await symlink(join(folder, "one"), join(links, "first"));
  await symlink(join(folder, "one"), join(links, "second"));
  await symlink(join(links, "nowhere"), join(links, "dangling"));
  await symlink(links, join(links, "loop"));
  await mkdir(join(links, "strange"));
  await copyFile(join(folder, "one", "run.json"), join(links, "strange", "run.json"));
  await writeFile(join(links, "strange", "results.json"), '{"tune":"x"}');
  const view = createApp({ folder: links, host: "127.0.0.1", signal: ended.signal });
  const list = (await (await view.request(at("/api/runs"))).json()) as {
    runs: { id: string }[];
    damaged: { id: string; reason: string }[];
  };
  expect(list.runs).toMatchObject([{ id: "first" }]);
  expect(list.damaged.map(({ id }) => id).sort()).toEqual(["dangling", "strange"]);
  expect((await view.request(at("/runs/first"))).status).toBe(200);
  await mkdir(join(links, "strange", "report"));
  await symlink("/etc/hostname", join(links, "strange", "report", "index.html"));
  expect((await view.request(at("/runs/strange/report"))).status).toBe(404);
  await rm(links, { recursive: true });
});

test("no path leads out of the folder", async () => {
  for (const path of [
    "/runs/..%2F..%2Fetc",
    "/api/runs/..",
    "/web/../package.json",
    "/web/%2e%2e%2fapp.js",
    "/runs/none",
  ])
    expect((await app.request(at(path))).status, path).toBe(404);
});

test("the progress of a run is told as its files grow", async () => {
  const controller = new AbortController();
  const answer = await app.request(at("/api/runs/one/events"), { signal: controller.signal });
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  const next = async () => (await reader.read()).value!;
  expect(await next()).toMatch(/^event: change\ndata: \{"id":"one"/);
  const before = await (await app.request(at("/runs/one/progress"))).text();
  expect(before).toContain("0.300 at batch 3");
  await appendJsonl(join(folder, "one", "tuning", "metrics.jsonl"), {
    batch: 4,
    "objective/scores": 0.7,
    "objective/kl": 4,
  });
  expect(await next()).toContain("event: change");
  expect(await (await app.request(at("/runs/one/progress"))).text()).toContain("0.700 at batch 4");
  await reader.cancel();
  controller.abort();
});

test("a report that is not there yet, and one whose features lead to the playground", async () => {
  expect((await app.request(at("/runs/one/report"))).status).toBe(404);
  const page =
    '<nav aria-label="Sections"><ol></ol></nav><li class="feature" id="feature-tuned-1-0" data-x="1">\n<header></header></li>';
  await mkdir(join(folder, "one", "report"));
  await writeFile(join(folder, "one", "report", "index.html"), page);
  const report = await (await app.request(at("/runs/one/report"))).text();
  expect(report).toContain('href="/runs/one/playground?ablate=tuned-1-0"');
  expect(report).toContain('<a href="/runs/one">Progress</a>');
});

test("two runs side by side", async () => {
  await writePlayableRun(folder, "two");
  const page = await (await app.request(at("/compare?run=one&run=two"))).text();
  expect(page).toContain("None: the runs have the same settings");
  expect(page).toContain("one ends at 0.700, two ends at 0.300");
  expect((await app.request(at("/compare?run=one"))).status).toBe(400);
});

test("the server listens on a free port and ends when it is told to", async () => {
  const stop = new AbortController();
  const { url, ended } = await listen({ folder, host: "127.0.0.1", port: 0, signal: stop.signal });
  const events = await fetch(`${url}api/runs/one/events`);
  expect((await fetch(`${url}runs/one`)).status).toBe(200);
  const second = await listen({ folder, host: "127.0.0.1", port: Number(new URL(url).port), signal: stop.signal });
  expect(second.url).not.toBe(url);
  stop.abort();
  await Promise.all([ended, second.ended]);
  await expect(fetch(url)).rejects.toThrow();
  await events.body!.cancel().catch(() => undefined);
  await expect(
    listen({ folder: join(folder, "none"), host: "127.0.0.1", port: 0, signal: stop.signal }),
  ).rejects.toThrow(/folder: expected a run folder, or a folder of runs/);
});
