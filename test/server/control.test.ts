/** Starting, stopping and continuing runs by requests: what happens, and what is refused. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sha256File } from "../../src/io/hash.js";
import { ownIdentity, stillRuns } from "../../src/io/process-alive.js";
import { createApp } from "../../src/server/app.js";
import { listen } from "../../src/server/listen.js";
import { programs, root, start } from "../support/program.js";

const KEY = "the key of these tests";
const config = "ppo: { batches: 2 }\n";
const ended = new AbortController();
let folder: string;
let app: Hono;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-control-"));
  // Steps of the first stage, so that a run can be stopped within it.
  process.env.FAKE_STEP_MS = "200";
  const control = { key: KEY, program: programs.counting };
  app = createApp({ folder, host: "127.0.0.1", signal: ended.signal, control });
});
afterAll(async () => {
  delete process.env.FAKE_STEP_MS;
  ended.abort();
  await rm(folder, { recursive: true, force: true });
});

const at = (path: string) => `http://127.0.0.1:4040${path}`;

async function ask(path: string, body?: object, headers: Record<string, string> = { "X-Rewardscope-Key": KEY }) {
  const init = body && { method: "POST", body: JSON.stringify(body) };
  const answer = await app.request(at(path), { ...init, headers: { "Content-Type": "application/json", ...headers } });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

interface Refused {
  error: { message: string; issues: { path: string }[] };
}

const stateOf = async (id: string) => (await ask(`/api/runs/${id}/launch`)).body.state;
const summaryOf = async (id: string) =>
  (await ask(`/api/runs/${id}`)).body as { status: string; stages: { name: string; status: string }[] };
const begun = (id: string) => expect.poll(() => stateOf(id), { timeout: 30_000 }).toBe("begun");
const becomes = (id: string, status: string) =>
  expect.poll(async () => (await summaryOf(id)).status, { timeout: 30_000 }).toBe(status);
const files = ["tune.txt", "match.txt", "probe.txt"];

describe("a run", () => {
  test("is started, stopped and continued, and ends with the bytes of the command line's", async () => {
    expect(await ask("/api/control/start", { name: "first", text: config })).toMatchObject({ status: 202 });
    await begun("first");
    await becomes("first", "running");
    expect((await ask("/api/runs/first/resume", {})).body).toMatchObject({
      error: { message: "first is running already" },
    });
    await expect
      .poll(() => readdir(join(folder, "first", ".scratch-tune")), { timeout: 30_000 })
      .toContain("checkpoint.txt");
    // Told twice at once: a second signal would end the process without a checkpoint. It may have stopped before the second request.
    const told = await Promise.all([1, 2].map(() => ask("/api/runs/first/stop", {})));
    expect(told).toContainEqual(expect.objectContaining({ status: 202 }));
    for (const { status, body } of told)
      if (status !== 202) expect(body).toMatchObject({ error: { message: "first is not running" } });
    await becomes("first", "stopped");
    expect((await summaryOf("first")).stages[0]).toMatchObject({ name: "tune", status: "pending" });
    expect(await readFile(join(folder, "first", "run.log"), "utf8")).toContain("Stopped. To continue");
    const again = await ask("/api/runs/first/stop", {});
    expect(again).toMatchObject({ status: 400, body: { error: { message: "first is not running" } } });
    // Asked twice at once: one process begins.
    const resumed = await Promise.all([1, 2].map(() => ask("/api/runs/first/resume", {})));
    expect(resumed.map(({ status }) => status).sort()).toEqual([202, 400]);
    await begun("first");
    await becomes("first", "done");
    const log = await readFile(join(folder, "first", "run.log"), "utf8");
    expect(log).toMatch(/tune begins at 0\n(.*\n)*tune begins at [1-9]/);
    expect(await readdir(join(folder, "first"))).toEqual(expect.arrayContaining([...files, "run.json", "run.log"]));

    const file = join(folder, ".config.yaml");
    await writeFile(file, config);
    const straight = join(folder, ".straight");
    const { code, stderr } = await start("counting", ["run", file, "--out", straight], {
      env: { FAKE_STEP_MS: "0" },
    }).ended;
    expect(code, stderr).toBe(0);
    for (const name of files)
      expect(await sha256File(join(folder, "first", name)), name).toBe(await sha256File(join(straight, name)));
    const settings = async (run: string) => JSON.parse(await readFile(join(run, "run.json"), "utf8")).config;
    expect(await settings(join(folder, "first"))).toEqual(await settings(straight));
  });

  test("outlives the server that started it, and another server stops it", async () => {
    const stop = new AbortController();
    const served = { folder, host: "127.0.0.1", port: 0, program: programs.counting };
    const { controlUrl, url, ended: over } = await listen({ ...served, signal: stop.signal });
    const key = new URL(controlUrl!).hash.replace("#key=", "");
    const headers = { "X-Rewardscope-Key": key, "Content-Type": "application/json" };
    const body = JSON.stringify({ name: "second", text: config });
    expect((await fetch(`${url}api/control/start`, { method: "POST", headers, body })).status).toBe(202);
    await becomesListed("second");
    stop.abort();
    await over;
    await becomes("second", "running");
    await ask("/api/runs/second/stop", {});
    await becomes("second", "stopped");
  });
});

const becomesListed = (id: string) =>
  expect.poll(async () => (await ask(`/api/runs/${id}`)).status, { timeout: 30_000 }).toBe(200);

describe("refused:", () => {
  test("every request without the server's key, and one of another site with it", async () => {
    const strangers: Record<string, string>[] = [{}, { "X-Rewardscope-Key": "guessed" }];
    for (const path of ["control/check", "control/plan", "control/start", "runs/first/stop", "runs/first/resume"])
      for (const headers of strangers)
        expect(await ask(`/api/${path}`, { name: "x", text: config, estimate: false }, headers), path).toMatchObject({
          status: 403,
          body: { error: { code: "FORBIDDEN" } },
        });
    const foreign = { "X-Rewardscope-Key": KEY, Origin: "http://evil.example" };
    expect((await ask("/api/control/start", { name: "x", text: config }, foreign)).status).toBe(403);
    expect((await app.request("http://evil.example/api/control/start", { method: "POST" })).status).toBe(421);
    const page = await (await app.request(at("/new"))).text();
    expect(page).not.toContain(KEY);
    expect(await readdir(folder)).not.toContain("x");
  });

  test.each([
    ["0.0.0.0", programs.counting],
    ["127.0.0.1", undefined],
  ])("everything that controls, on %s with %s", async (host, program) => {
    const stop = new AbortController();
    const { url, controlUrl, ended: over } = await listen({ folder, host, port: 0, signal: stop.signal, program });
    expect(controlUrl).toBeUndefined();
    expect((await fetch(`${url}new`)).status).toBe(404);
    const init = { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" };
    expect((await fetch(`${url}api/control/start`, init)).status).toBe(404);
    expect((await fetch(`${url}api/runs/first/stop`, init)).status).toBe(404);
    const page = await (await fetch(url)).text();
    expect(page).toContain("first");
    expect(page).not.toContain('data-act="stop"');
    stop.abort();
    await over;
  });

  test("a configuration with problems, all of them told, and nothing written", async () => {
    const text = "ppo: { batches: -1, klCof: 2 }\ncorpus: nowhere.csv\nreward: { name: ./none.mjs }\n";
    const before = await readdir(folder);
    const checked = (await ask("/api/control/check", { text })).body as unknown as Refused["error"];
    const paths = checked.issues.map(({ path }) => path);
    expect(paths.sort()).toEqual(["corpus.source", "ppo.batches", "ppo.klCof", "reward.name"]);
    expect(checked.issues).toContainEqual(
      expect.objectContaining({ path: "ppo.klCof", nearest: expect.stringContaining("klCoef") }),
    );
    const { status, body } = await ask("/api/control/start", { name: "../out", text });
    expect(status).toBe(400);
    const { error } = body as unknown as Refused;
    expect(error.issues.map(({ path }) => path).sort()).toEqual(["name", ...paths].sort());
    expect(await readdir(folder)).toEqual(before);
  });

  test.each([
    ["ppo: {", "line"],
    ["# nothing\n", "text"],
    ["a: 1\na: 2\n", "line 2"],
  ])("the text %j, at its line", async (text, path) => {
    const { issues } = (await ask("/api/control/check", { text })).body as unknown as Refused["error"];
    expect(issues).toHaveLength(1);
    expect(issues[0].path).toContain(path);
  });

  test.each(["..", "../elsewhere", "a/b", ".hidden", "", "/etc/run", "first", "x".repeat(200)])(
    "the folder %j for a new run",
    async (name) => {
      const { status, body } = await ask("/api/control/start", { name, text: config });
      expect(status).toBe(400);
      expect((body as unknown as Refused).error.issues.map(({ path }) => path)).toEqual(["name"]);
    },
  );

  test("a run that a link leads out of the shown folder to", async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), "rewardscope-elsewhere-"));
    await cp(join(folder, "first"), join(elsewhere, "run"), { recursive: true });
    await symlink(join(elsewhere, "run"), join(folder, "linked"));
    for (const act of ["stop", "resume"])
      expect(await ask(`/api/runs/linked/${act}`, {}), act).toMatchObject({ status: 403 });
    await rm(join(folder, "linked"));
    await rm(elsewhere, { recursive: true });
  });

  test.each([
    [
      "is cut",
      (text: string) => text.slice(0, text.length / 2),
      /run\.json: expected JSON.*help: A damaged run cannot/s,
    ],
    [
      "was changed",
      (text: string) => text.replace('"batches": 2', '"batches": 3'),
      /run\.json: .*help: A damaged run/s,
    ],
  ])("continuing a run whose run.json %s, before a process begins", async (_, change, message) => {
    const damaged = join(folder, "damaged");
    await cp(join(folder, "first"), damaged, { recursive: true });
    const log = await readFile(join(damaged, "run.log"), "utf8");
    const text = await readFile(join(damaged, "run.json"), "utf8");
    await writeFile(join(damaged, "run.json"), change(text));
    expect(await ask("/api/runs/damaged/resume", {})).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringMatching(message) } },
    });
    expect((await ask("/api/runs/damaged/launch")).status).toBe(404);
    expect(await readFile(join(damaged, "run.log"), "utf8")).toBe(log);
    await rm(damaged, { recursive: true });
  });

  test("a new run in a folder that is a run itself", async () => {
    const control = { key: KEY, program: programs.counting };
    const inside = createApp({ folder: join(folder, "first"), host: "127.0.0.1", signal: ended.signal, control });
    expect(await (await inside.request(at("/new"))).text()).toContain("view the folder above it");
    const init = { method: "POST", headers: { "Content-Type": "application/json", "X-Rewardscope-Key": KEY } };
    const answer = await inside.request(at("/api/control/start"), {
      ...init,
      body: JSON.stringify({ name: "inner", text: config }),
    });
    expect(answer.status).toBe(400);
  });
});

describe("a process is left alone", () => {
  /** A run folder whose lock names a process that waits. */
  async function locked(name: string, lock: (pid: number) => object) {
    const child = spawn("sleep", ["60"]);
    await mkdir(join(folder, name), { recursive: true });
    await cp(join(folder, "first", "run.json"), join(folder, name, "run.json"));
    await writeFile(join(folder, name, "run.lock"), JSON.stringify(lock(child.pid!)));
    return child;
  }
  const owner = (changes: object) => ({ token: "t", host: hostname(), ...ownIdentity(), ...changes });

  test.runIf(process.platform === "linux").each([
    ["is of another start than the lock's", (pid: number) => owner({ pid, startTime: "1" }), 400],
    ["is named by an earlier version's lock, without the folder", (pid: number) => owner({ pid }), 400],
    ["runs on another machine", (pid: number) => owner({ pid, host: "elsewhere", bootId: "b" }), 403],
  ])("that %s", async (_, lock, status) => {
    const child = await locked("foreign", lock);
    expect(await ask("/api/runs/foreign/stop", {})).toMatchObject({ status });
    expect(child.signalCode).toBeNull();
    expect(stillRuns({ ...ownIdentity(), pid: child.pid!, startTime: await startOf(child.pid!) })).toBe(true);
    child.kill("SIGKILL");
    await rm(join(folder, "foreign"), { recursive: true });
  });

  test.runIf(process.platform === "linux")("whose lock was copied with a run folder", async () => {
    await ask("/api/control/start", { name: "third", text: config });
    await begun("third");
    await becomes("third", "running");
    await cp(join(folder, "third"), join(folder, "copied"), { recursive: true });
    const copied = await ask("/api/runs/copied/stop", {});
    expect(copied).toMatchObject({ status: 403, body: { error: { message: expect.stringContaining("not prove") } } });
    await becomes("third", "running");
    await ask("/api/runs/third/stop", {});
    await becomes("third", "stopped");
  });

  async function startOf(pid: number): Promise<string> {
    const stat = await readFile(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  }
});

test("a run that is told to stop twice while it starts gets one signal, also when it locks its folder between", async () => {
  const program = join(folder, ".slow-to-start.mjs");
  const lock = { token: "of the test", host: hostname(), startTime: null, bootId: null, pidNamespace: null };
  await writeFile(
    program,
    `import { existsSync, renameSync, writeFileSync } from "node:fs";
    const folder = process.argv[process.argv.indexOf("--out") + 1];
    process.on("SIGINT", () => console.log("told"));
    console.log("waits");
    setInterval(() => {
      if (existsSync(folder + "/lock")) {
        // Whole at once: the server reads it at any time.
        writeFileSync(folder + "/run.lock.new", JSON.stringify({ ...${JSON.stringify(lock)}, pid: process.pid }));
        renameSync(folder + "/run.lock.new", folder + "/run.lock");
      }
      if (existsSync(folder + "/end")) process.exit(1);
    }, 10);`,
  );
  const control = { key: KEY, program: [program] };
  const slow = createApp({ folder, host: "127.0.0.1", signal: ended.signal, control });
  const post = async (path: string, body: object) => {
    const headers = { "Content-Type": "application/json", "X-Rewardscope-Key": KEY };
    return (await slow.request(at(path), { method: "POST", headers, body: JSON.stringify(body) })).status;
  };
  const inRun = (name: string) => join(folder, "slow", name);
  const said = () => readFile(inRun("run.log"), "utf8");
  const stop = () => post("/api/runs/slow/stop", {});
  try {
    expect(await post("/api/control/start", { name: "slow", text: config })).toBe(202);
    await expect.poll(said, { timeout: 20_000 }).toContain("waits");
    expect(await Promise.all([stop(), stop()])).toEqual([202, 202]);
    await expect.poll(said).toContain("told");
    expect(await stop()).toBe(202);
    await writeFile(inRun("lock"), "");
    await expect.poll(() => existsSync(inRun("run.lock"))).toBe(true);
    expect(await stop()).toBe(202);
    await sleep(200);
    expect(await said()).toBe("waits\ntold\n");
  } finally {
    await writeFile(inRun("end"), "");
    await expect.poll(() => existsSync(inRun("run.log"))).toBe(false);
    await rm(join(folder, "slow"), { recursive: true });
  }
});

test("a dry run is the command line's, with its problems", async () => {
  const planned = await ask("/api/control/plan", { name: "planned", text: config, estimate: false });
  expect(planned.body).toMatchObject({
    value: { stages: [{ name: "tune", runs: true }, { name: "match" }, { name: "probe" }] },
  });
  const wrong = await ask("/api/control/plan", { name: "first", text: "ppo: 3\n", estimate: false });
  expect((wrong.body as unknown as Refused["error"]).issues.map(({ path }) => path)).toEqual(["name", "ppo"]);
  expect(await readdir(folder)).not.toContain("planned");
});

test("where the system starts no process, that is said, and nothing is left behind", async () => {
  const own = process.execPath;
  process.execPath = join(folder, "no-program");
  try {
    const { status, body } = await ask("/api/control/start", { name: "unstarted", text: config });
    expect([status, (body as unknown as Refused).error.message]).toEqual([
      400,
      expect.stringContaining("no process could be started: spawn"),
    ]);
  } finally {
    process.execPath = own;
  }
  expect(await readdir(folder)).not.toContain("unstarted");
});

test("a run that ends before it has begun leaves its words and no folder", async () => {
  const text = `model: ${JSON.stringify(join(root, "test/support"))}\n`;
  const refused = await ask("/api/control/check", { text });
  expect((refused.body as unknown as Refused["error"]).issues).toHaveLength(1);
  const program = [join(root, "test/support/nothing.mjs")];
  const broken = createApp({ folder, host: "127.0.0.1", signal: ended.signal, control: { key: KEY, program } });
  const headers = { "Content-Type": "application/json", "X-Rewardscope-Key": KEY };
  const body = JSON.stringify({ name: "broken", text: config });
  expect((await broken.request(at("/api/control/start"), { method: "POST", headers, body })).status).toBe(202);
  const launch = async () =>
    (await (await broken.request(at("/api/runs/broken/launch"), { headers })).json()) as object;
  await expect.poll(launch, { timeout: 20_000 }).toMatchObject({
    state: "failed",
    said: expect.stringContaining("nothing.mjs"),
  });
  await expect.poll(() => readdir(folder)).not.toContain("broken");
});
