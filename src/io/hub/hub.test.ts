import { existsSync } from "node:fs";
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { commitOf, type FakeHub, type FakeRepository, hashOf, startHub } from "../../../test/support/hub-server.js";
import { FormatError, RunError } from "../../errors.js";
import { fetchSnapshot, type HubOptions, type HubProgress, openSnapshot } from "./hub.js";
import { type HubRepository, parseHubId } from "./id.js";
import { type HubSettings, hubSettings } from "./settings.js";

const TOKEN = "hf_secret";
const bytes = (length: number) => Buffer.from(Array.from({ length }, (_, i) => (i * 7919) % 251));

const tiny: FakeRepository = {
  type: "model",
  id: "made-up/tiny",
  revisions: { main: commitOf("second"), "v1.0": commitOf("first"), "refs/pr/1": commitOf("proposal") },
  files: { "config.json": Buffer.from("{}"), "weights.bin": bytes(300_000), "other/large.bin": bytes(2000) },
};
const weightsHash = hashOf(tiny, "weights.bin");

let hub: FakeHub;
let folder: string;
let waits: number[];

beforeEach(async () => {
  hub = await startHub(tiny);
  folder = await mkdtemp(join(tmpdir(), "rewardscope-hub-"));
  waits = [];
});
afterEach(async () => {
  await hub.close();
  await rm(folder, { recursive: true });
});

function settings(changes: Partial<HubSettings> = {}): HubSettings {
  return {
    ...hubSettings({ HF_ENDPOINT: hub.endpoint, HF_HOME: folder }),
    wait: async (ms) => void waits.push(ms),
    ...changes,
  };
}

const named = (text: string, type: HubRepository["type"] = "model") => parseHubId(type, text)!;
const wants = (...files: string[]) => ({
  choose: (paths: readonly string[]) => ({ files, missing: files.filter((file) => !paths.includes(file)) }),
});

async function fetched(
  repository: HubRepository,
  files = ["config.json", "weights.bin"],
  options: HubOptions = {},
): Promise<string> {
  const asked = { settings: settings(), ...options };
  return fetchSnapshot(await openSnapshot(repository, wants(...files).choose, asked), asked);
}

const cacheFolder = (...names: string[]) => join(folder, "hub", "models--made-up--tiny", ...names);
const sent = () =>
  hub.seen.map(({ host, sentBytes }) => ({ host, sentBytes })).filter(({ sentBytes }) => sentBytes > 0);
const unfinished = async () => (await readdir(cacheFolder("blobs"))).filter((name) => name.endsWith(".incomplete"));

test("ids, with a revision or without; what is none", () => {
  expect(parseHubId("model", "EleutherAI/pythia-70m")).toEqual({
    type: "model",
    id: "EleutherAI/pythia-70m",
    revision: "main",
  });
  expect(parseHubId("model", "a/b@refs/pr/1")?.revision).toBe("refs/pr/1");
  for (const text of ["pythia", "a/b/c", "./a/b", "../a", "a/..", "a/b@../x", "a/b@", "/a", "a/b c", "a--b/c", ""])
    expect(parseHubId("model", text), text).toBeUndefined();
});

test("the variables of huggingface_hub, in its order", async () => {
  const at = (env: NodeJS.ProcessEnv) => hubSettings(env).cache;
  expect(at({ HF_HUB_CACHE: "/a", HUGGINGFACE_HUB_CACHE: "/b", HF_HOME: "/c", XDG_CACHE_HOME: "/d" })).toBe("/a");
  expect(at({ HUGGINGFACE_HUB_CACHE: "/b", HF_HOME: "/c", XDG_CACHE_HOME: "/d" })).toBe("/b");
  expect(at({ HF_HOME: "/c", XDG_CACHE_HOME: "/d" })).toBe("/c/hub");
  expect(at({ XDG_CACHE_HOME: "/d" })).toBe("/d/huggingface/hub");
  expect(at({})).toMatch(/\/\.cache\/huggingface\/hub$/);
  expect(at({ HF_HOME: "~/x" })).toMatch(/^\/.*\/x\/hub$/);
  await writeFile(join(folder, "token"), "hf_file\n");
  expect(hubSettings({ HF_HOME: folder }).token).toBe("hf_file");
  expect(hubSettings({ HF_HOME: folder, HF_TOKEN: " hf_own " }).token).toBe("hf_own");
  expect(hubSettings({ HF_HOME: "/nowhere" })).toMatchObject({ endpoint: "https://huggingface.co", offline: false });
  expect(hubSettings({ HF_HOME: "/nowhere" }).token).toBeUndefined();
  for (const on of ["1", "true", "ON", "yes"]) expect(hubSettings({ HF_HUB_OFFLINE: on }).offline).toBe(true);
  for (const off of ["", "0", "no"]) expect(hubSettings({ HF_HUB_OFFLINE: off }).offline).toBe(false);
  expect(() => hubSettings({ HF_ENDPOINT: "hub.example" })).toThrow(/HF_ENDPOINT: expected an address .*hub\.example/);
  for (const [env, path] of [
    [{ HF_TOKEN: "hf_se\ncret" }, /HF_TOKEN: expected/],
    [{ HF_ENDPOINT: "https://me:hf_secret@hub.example" }, /HF_ENDPOINT: expected/],
  ] as const) {
    expect(() => hubSettings(env)).toThrow(path);
    expect(() => hubSettings(env)).not.toThrow(/cret/);
  }
});

describe("a download", () => {
  test("is the wanted files in the layout of huggingface_hub", async () => {
    const progress: HubProgress[] = [];
    const at = await fetched(named("made-up/tiny"), undefined, { onProgress: (now) => progress.push(now) });
    expect(at).toBe(cacheFolder("snapshots", tiny.revisions.main));
    expect((await readFile(join(at, "weights.bin"))).equals(tiny.files["weights.bin"])).toBe(true);
    expect(await readlink(join(at, "weights.bin"))).toBe(join("..", "..", "blobs", weightsHash));
    expect((await readdir(cacheFolder("blobs"))).sort()).toEqual([weightsHash, hashOf(tiny, "config.json")].sort());
    expect(await readFile(cacheFolder("refs", "main"), "utf8")).toBe(tiny.revisions.main);
    expect(existsSync(join(at, "other"))).toBe(false);
    const total = 300_002;
    expect(progress[0]).toEqual({ name: "made-up/tiny", doneBytes: 0, totalBytes: total });
    expect(progress.at(-1)).toEqual({ name: "made-up/tiny", doneBytes: total, totalBytes: total });
    expect(progress.map(({ doneBytes }) => doneBytes)).toEqual(
      progress.map(({ doneBytes }) => doneBytes).sort((a, b) => a - b),
    );
  });

  test("asks again only for the commit and its files; at a commit that is there for nothing", async () => {
    await fetched(named("made-up/tiny"));
    hub.seen.length = 0;
    await fetched(named("made-up/tiny"));
    expect(hub.seen.map(({ url }) => url.replace(/\?.*/, ""))).toEqual([
      "/api/models/made-up/tiny/revision/main",
      `/api/models/made-up/tiny/tree/${tiny.revisions.main}`,
    ]);
    hub.seen.length = 0;
    await fetched(named(`made-up/tiny@${tiny.revisions.main}`));
    expect(hub.seen).toEqual([]);
  });

  test("of another revision shares content and has its own name", async () => {
    await fetched(named("made-up/tiny"));
    hub.seen.length = 0;
    expect(await fetched(named("made-up/tiny@v1.0"))).toBe(cacheFolder("snapshots", tiny.revisions["v1.0"]));
    expect(sent()).toEqual([]);
    expect(await readFile(cacheFolder("refs", "v1.0"), "utf8")).toBe(tiny.revisions["v1.0"]);
    await fetched(named("made-up/tiny@refs/pr/1"));
    expect(await readFile(cacheFolder("refs", "refs", "pr", "1"), "utf8")).toBe(tiny.revisions["refs/pr/1"]);
    expect(await readFile(cacheFolder("refs", "main"), "utf8")).toBe(tiny.revisions.main);
  });

  test("reads all pages of a listing, and files in folders", async () => {
    hub.pageSize = 1;
    const at = await fetched(named("made-up/tiny"), ["other/large.bin"]);
    expect((await lstat(join(at, "other", "large.bin"))).isSymbolicLink()).toBe(true);
    expect(await readFile(join(at, "other", "large.bin"))).toEqual(tiny.files["other/large.bin"]);
  });

  test("of a data set has its own addresses and folder", async () => {
    hub.repositories.push({ ...tiny, type: "dataset", files: { "train.txt": Buffer.from("a\n") } });
    const at = await fetched(named("made-up/tiny", "dataset"), ["train.txt"]);
    expect(at).toBe(join(folder, "hub", "datasets--made-up--tiny", "snapshots", tiny.revisions.main));
    expect(hub.seen.map(({ url }) => url.replace(/\?.*/, ""))).toEqual([
      "/api/datasets/made-up/tiny/revision/main",
      `/api/datasets/made-up/tiny/tree/${tiny.revisions.main}`,
      `/datasets/made-up/tiny/resolve/${tiny.revisions.main}/train.txt`,
    ]);
  });

  test("by two at once is one whole file, and nothing unfinished stays", async () => {
    const both = await Promise.all([fetched(named("made-up/tiny")), fetched(named("made-up/tiny"))]);
    for (const at of both)
      expect((await readFile(join(at, "weights.bin"))).equals(tiny.files["weights.bin"])).toBe(true);
    expect(await unfinished()).toEqual([]);
    expect((await readdir(both[0])).sort()).toEqual(["config.json", "weights.bin"]);
  });
});

describe("faults", () => {
  test("a cut connection goes on where it was, within one call", async () => {
    hub.faults.push({ at: `cdn/${weightsHash}`, times: 1, cutAfter: 120_000 });
    const at = await fetched(named("made-up/tiny"));
    expect((await readFile(join(at, "weights.bin"))).equals(tiny.files["weights.bin"])).toBe(true);
    const parts = hub.seen.filter(({ host }) => host === "cdn");
    const first = 300_000 - parts[1].sentBytes;
    expect(first).toBeGreaterThan(0);
    expect(parts.map(({ headers }) => headers.range)).toEqual([undefined, `bytes=${first}-`]);
    expect(parts.map(({ headers }) => headers["accept-encoding"])).toEqual(["identity", "identity"]);
    expect(waits).toEqual([1000]);
  });

  test("given up, what has arrived is kept for the next call", async () => {
    hub.faults.push({ at: `cdn/${weightsHash}`, times: 1, cutAfter: 100_000 });
    hub.faults.push({ at: `cdn/${weightsHash}`, times: 5, status: 503 });
    await expect(fetched(named("made-up/tiny"))).rejects.toThrow(
      /weights\.bin of made-up\/tiny: 127\.0\.0\.1:\d+ answered 503 \(attempt 5 of 5\)\n {2}help: .*kept/,
    );
    expect(waits).toEqual([1000, 2000, 4000, 8000]);
    expect(existsSync(cacheFolder("refs", "main"))).toBe(false);
    const [partial] = await unfinished();
    const kept = (await lstat(cacheFolder("blobs", partial))).size;
    expect(kept).toBeGreaterThan(0);
    hub.faults.length = hub.seen.length = 0;
    await fetched(named("made-up/tiny"));
    expect(sent()).toEqual([{ host: "cdn", sentBytes: 300_000 - kept }]);
    expect(await unfinished()).toEqual([]);
  });

  test("what a killed process left is taken up; what a living one writes is not touched", async () => {
    await mkdir(cacheFolder("blobs"), { recursive: true });
    const part = tiny.files["weights.bin"].subarray(0, 200_000);
    const living = cacheFolder("blobs", `${weightsHash}.${process.ppid}.0badcafe.incomplete`);
    // Larger than any process number.
    const dead = cacheFolder("blobs", `${weightsHash}.99999999.0badcafe.incomplete`);
    const python = cacheFolder("blobs", `${weightsHash}.0badcafe.incomplete`);
    for (const file of [living, dead, python]) await writeFile(file, part);
    await fetched(named("made-up/tiny"), ["weights.bin"]);
    expect(sent()).toEqual([{ host: "cdn", sentBytes: 100_000 }]);
    expect([living, dead, python].map((file) => existsSync(file))).toEqual([true, false, true]);
  });

  test("a server that sends all although a part was asked for", async () => {
    hub.faults.push({ at: `cdn/${weightsHash}`, times: 1, cutAfter: 100_000 });
    hub.faults.push({ at: `cdn/${weightsHash}`, times: 1, ignoreRange: true });
    const at = await fetched(named("made-up/tiny"));
    expect((await readFile(join(at, "weights.bin"))).equals(tiny.files["weights.bin"])).toBe(true);
  });

  test("a connection that falls silent counts as cut", async () => {
    hub.faults.push({ at: `cdn/${weightsHash}`, times: 1, silentAfter: 100_000 });
    await fetched(named("made-up/tiny"), undefined, { settings: settings({ stallMs: 2000 }) });
    expect(waits).toEqual([1000]);
  });

  test("another content than announced is downloaded once more, then refused, and never put in place", async () => {
    hub.faults.push({ at: `cdn/${weightsHash}`, times: 1, corrupt: true });
    await fetched(named("made-up/tiny"));
    await rm(cacheFolder(), { recursive: true });
    for (const at of [`cdn/${weightsHash}`, "resolve"])
      hub.faults.push({ at: at === "resolve" ? "config.json" : at, times: 4, corrupt: true });
    for (const file of ["weights.bin", "config.json"]) {
      const failure = fetched(named("made-up/tiny"), [file]);
      await expect(failure).rejects.toThrow(RunError);
      await expect(failure).rejects.toThrow(
        new RegExp(`${file}.*expected \\d+ bytes with hash ${hashOf(tiny, file)}, received`),
      );
      expect(await readdir(cacheFolder("blobs"))).toEqual([]);
    }
  });

  test.each([429, 500, 502, 503, 504, 408])("status %d is tried again", async (status) => {
    for (const at of ["/revision/", "/tree/", "config.json"]) hub.faults.push({ at, times: 2, status });
    await fetched(named("made-up/tiny"), ["config.json"]);
    expect(waits).toEqual([1000, 2000, 1000, 2000, 1000, 2000]);
  });

  test("a server that names the pause gets it; one that wants too long a pause is not waited for", async () => {
    hub.faults.push({ at: "/revision/", times: 1, status: 429, headers: { "retry-after": "7" } });
    const date = new Date(Date.now() + 20_000).toUTCString();
    hub.faults.push({ at: "/tree/", times: 1, status: 503, headers: { "retry-after": date } });
    await fetched(named("made-up/tiny"), ["config.json"]);
    expect(waits[0]).toBe(7000);
    expect(waits[1]).toBeGreaterThan(17_000);
    expect(waits[1]).toBeLessThanOrEqual(20_000);
    hub.faults.push({ at: "/revision/", times: 9, status: 429, headers: { "retry-after": "3600" } });
    await expect(fetched(named("made-up/tiny"))).rejects.toThrow(/answered 429 .*asks to wait 60 minutes/);
    expect(waits).toHaveLength(2);
  });

  test("no server, and one that is no Hub", async () => {
    const nobody = settings({ endpoint: "http://127.0.0.1:1" });
    await expect(fetched(named("made-up/tiny"), undefined, { settings: nobody })).rejects.toThrow(
      /made-up\/tiny: the connection failed: .*\(attempt 5 of 5\)/s,
    );
    const page = settings({ fetch: async () => new Response("<html>please log in</html>") });
    const failure = fetched(named("made-up/tiny"), undefined, { settings: page });
    await expect(failure).rejects.toThrow(RunError);
    await expect(failure).rejects.toThrow(/does not answer as a Hub/);
  });

  test("a listing that would write outside the cache is refused", async () => {
    const evil = { ...tiny, files: { "../../../evil.bin": bytes(10) } };
    hub.repositories[0] = evil;
    await expect(fetched(named("made-up/tiny"), ["../../../evil.bin"])).rejects.toThrow(/does not answer as a Hub/);
    expect(existsSync(join(folder, "evil.bin"))).toBe(false);
  });

  test("the user stops it: while it waits, and in the middle of a file, of which the part is kept", async () => {
    const controller = new AbortController();
    hub.faults.push({ at: "/revision/", times: 9, status: 503 });
    const waiting = fetched(named("made-up/tiny"), undefined, {
      signal: controller.signal,
      settings: settings({ wait: async () => controller.abort() }),
    });
    await expect(waiting).rejects.toThrow(/abort/);
    hub.faults.length = 0;
    const second = new AbortController();
    hub.faults.push({ at: `cdn/${weightsHash}`, times: 1, silentAfter: 100_000 });
    const onProgress = ({ doneBytes }: HubProgress) => void (doneBytes >= 100_000 && second.abort());
    await expect(fetched(named("made-up/tiny"), undefined, { signal: second.signal, onProgress })).rejects.toThrow(
      /abort/,
    );
    expect(await unfinished()).toHaveLength(1);
  });
});

describe("refusals", () => {
  const failureOf = (text: string, changes: Partial<HubSettings> = {}): Promise<FormatError> =>
    fetched(named(text), undefined, { settings: settings(changes) }).then(expect.unreachable, (error) => error);

  test("no such repository, revision or file", async () => {
    for (const token of [undefined, TOKEN]) {
      const missing = await failureOf("made-up/tine", { token });
      expect(missing).toBeInstanceOf(FormatError);
      expect(missing.message).toMatch(/^made-up\/tine: there is no folder of this name, and no model on http/);
      expect(missing.message).toMatch(/misspelt.*private.*HF_TOKEN/);
    }
    expect((await failureOf("made-up/tiny@v2")).message).toMatch(
      /^made-up\/tiny@v2: the model has no revision v2\n {2}help: .*\/made-up\/tiny\/tree\/main/,
    );
    const noFile = fetched(named("made-up/tiny"), ["config.json", "tokenizer.json"]);
    await expect(noFile).rejects.toThrow(/^made-up\/tiny: the repository has no tokenizer\.json/);
    expect(waits).toEqual([]);
    expect(existsSync(cacheFolder())).toBe(false);
  });

  test("private and gated repositories ask for HF_TOKEN, and are read with it", async () => {
    hub.repositories[0] = { ...tiny, token: TOKEN };
    expect((await failureOf("made-up/tiny")).message).toMatch(/without a token \(401\)\n {2}help: .*HF_TOKEN/);
    expect((await failureOf("made-up/tiny", { token: "hf_wrong" })).message).toMatch(/with a token \(404\)/);
    await fetched(named("made-up/tiny"), undefined, { settings: settings({ token: TOKEN }) });
    hub.repositories[0] = { ...tiny, gated: true };
    const gated = await failureOf("made-up/tiny", { token: TOKEN });
    expect(gated.message).toMatch(/refuses this model with a token \(403\)\n {2}help: .*HF_TOKEN.*accept their terms/);
    hub.faults.push({ at: "/revision/", times: 1, status: 401 });
    expect((await failureOf("made-up/tiny")).message).toMatch(/without a token \(401\)\n {2}help: .*HF_TOKEN/);
  });

  test("the token goes to the Hub alone, and stands in no message and no file", async () => {
    hub.repositories[0] = { ...tiny, token: TOKEN };
    await fetched(named("made-up/tiny"), undefined, { settings: settings({ token: TOKEN }) });
    const tokens = (host: string) =>
      new Set(hub.seen.filter((one) => one.host === host).map((one) => one.headers.authorization));
    expect(tokens("hub")).toEqual(new Set([`Bearer ${TOKEN}`]));
    expect(tokens("cdn")).toEqual(new Set([undefined]));
    for (const name of await readdir(folder, { recursive: true })) {
      expect(name).not.toContain(TOKEN);
      const file = join(folder, name);
      if ((await lstat(file)).isFile()) expect(await readFile(file, "latin1"), name).not.toContain(TOKEN);
    }
    for (const status of [400, 401, 403, 404, 418, 503]) {
      hub.faults.push({ at: "/revision/", times: 5, status });
      const { message, stack } = await failureOf("made-up/tiny", { token: TOKEN });
      expect(message + stack).not.toContain(TOKEN);
      hub.faults.length = 0;
    }
  });
});

describe("offline", () => {
  const offline = () => ({
    settings: settings({
      fetch: () => {
        throw new Error("a request");
      },
    }),
    offline: true,
  });

  test("the cache is enough, and nothing is asked", async () => {
    const online = await fetched(named("made-up/tiny"));
    hub.seen.length = 0;
    expect(await fetched(named("made-up/tiny"), undefined, offline())).toBe(online);
    expect(await fetched(named(`made-up/tiny@${tiny.revisions.main}`), undefined, offline())).toBe(online);
    const byVariable = hubSettings({ HF_ENDPOINT: hub.endpoint, HF_HOME: folder, HF_HUB_OFFLINE: "1" });
    expect(await fetched(named("made-up/tiny"), undefined, { settings: byVariable })).toBe(online);
    expect(hub.seen).toEqual([]);
  });

  test("a miss names what is missing and where it was looked for", async () => {
    const miss = (text: string, files?: string[]) =>
      fetched(named(text), files, offline()).then(expect.unreachable, (error: FormatError) => error.message);
    expect(await miss("made-up/tiny")).toMatch(
      `made-up/tiny: revision main is not in the cache: looked for ${cacheFolder("refs", "main")}\n  help: Run once without`,
    );
    const at = await fetched(named("made-up/tiny"), ["config.json"]);
    expect(await miss("made-up/tiny")).toMatch(`made-up/tiny: weights.bin is not in the cache: looked for ${at}`);
    expect(await miss("made-up/tiny@v1.0")).toMatch("made-up/tiny@v1.0: revision v1.0 is not in the cache");
    // The link exists, its target does not.
    await rm(cacheFolder("blobs", hashOf(tiny, "config.json")));
    expect(await miss("made-up/tiny", ["config.json"])).toMatch("config.json is not in the cache");
    hub.seen.length = 0;
    await fetched(named("made-up/tiny"), ["config.json"]);
    expect(await fetched(named("made-up/tiny"), ["config.json"], offline())).toBe(at);
  });
});

test("through the proxy that the environment names", async () => {
  const asked: string[] = [];
  const proxy = createServer((incoming, outgoing) => {
    const { method, url = "", headers } = incoming;
    asked.push(new URL(url).host);
    const forwarded = request(new URL(new URL(url).pathname + new URL(url).search, hub.endpoint), { method, headers });
    forwarded.on("response", (answer) => answer.pipe(outgoing.writeHead(answer.statusCode ?? 500, answer.headers)));
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const env = { HF_ENDPOINT: "http://hub.test", HF_HOME: folder, HTTP_PROXY: address };
  const at = await fetched(named("made-up/tiny"), ["config.json"], { settings: hubSettings(env) });
  expect(await readFile(join(at, "config.json"), "utf8")).toBe("{}");
  expect(new Set(asked)).toEqual(new Set(["hub.test"]));
  proxy.closeAllConnections();
  proxy.close();
});
