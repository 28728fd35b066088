import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { commitOf, type FakeHub, startHub } from "../../../test/support/hub-server.js";
import { WRITING_TOKEN } from "../../../test/support/hub-uploads.js";
import { FormatError, RunError } from "../../errors.js";
import { type HubSettings, hubSettings } from "./settings.js";
import { checkCanUpload, type HubUpload, uploadFolder } from "./upload.js";

const large = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));

let hub: FakeHub;
let folder: string;
let waits: number[];
beforeEach(async () => {
  hub = await startHub({
    type: "model",
    id: "me/there",
    revisions: { main: commitOf("a") },
    files: { old: Buffer.from("old") },
  });
  folder = await mkdtemp(join(tmpdir(), "rewardscope-upload-"));
  waits = [];
  await mkdir(join(folder, "data"));
  await writeFile(join(folder, "README.md"), "# Card\n");
  await writeFile(join(folder, "data", "weights.bin"), large);
});
afterEach(async () => {
  await hub.close();
  await rm(folder, { recursive: true });
});

const settings = (changes: Partial<HubSettings> = {}): HubSettings => ({
  ...hubSettings({ HF_ENDPOINT: hub.endpoint, HF_HOME: folder, HF_TOKEN: WRITING_TOKEN }),
  wait: async (ms) => void waits.push(ms),
  ...changes,
});
const upload = (changes: Partial<HubUpload> = {}): HubUpload => ({
  ...{ repository: { type: "model", id: "me/there" }, folder, title: "Upload" },
  ...changes,
});
const repository = (id: string) => hub.repositories.find((known) => known.id === id);

test("a folder becomes one commit; large files go to the storage, without the token", async () => {
  const seen: number[] = [];
  const url = await uploadFolder(upload(), {
    settings: settings(),
    onProgress: ({ doneBytes, totalBytes }) => void seen.push(doneBytes / totalBytes),
  });
  expect(hub.uploads.commits).toEqual([
    { id: "me/there", title: "Upload", paths: expect.arrayContaining(["README.md", "data/weights.bin"]) },
  ]);
  expect(url).toBe(`https://hub.test/me/there/commit/${repository("me/there")!.revisions.main}`);
  const { files } = repository("me/there")!;
  expect(Object.keys(files).sort()).toEqual(["README.md", "data/weights.bin", "old"]);
  expect([files["README.md"].toString(), files["data/weights.bin"].equals(large)]).toEqual(["# Card\n", true]);
  expect([seen[0], seen.at(-1)]).toEqual([0, 1]);
  const [stored] = hub.seen.filter(({ host }) => host === "cdn");
  expect([stored.method, stored.headers.authorization]).toEqual(["PUT", undefined]);
});

test("a repository is created where that was asked for, and one that is there is taken", async () => {
  const create = { isPrivate: true };
  const to = { repository: { type: "dataset", id: "me/new" }, create } as const;
  await expect(uploadFolder(upload({ ...to, create: undefined }), { settings: settings() })).rejects.toThrow(
    /^me\/new: there is no data set of this name.*\(404\)\n {2}help: With --create it is made/,
  );
  await uploadFolder(upload(to), { settings: settings() });
  expect(repository("me/new")).toMatchObject({ type: "dataset", token: WRITING_TOKEN });
  await uploadFolder(upload({ create: { isPrivate: false } }), { settings: settings() });
  expect(hub.uploads.commits.map(({ id }) => id)).toEqual(["me/new", "me/there"]);
});

describe("faults", () => {
  test.each([429, 500, 503])("status %d is tried again before the commit", async (status) => {
    for (const at of ["/preupload/", "/objects/batch", "cdn/upload"]) hub.faults.push({ at, times: 1, status });
    await uploadFolder(upload(), { settings: settings() });
    expect([waits, hub.uploads.commits.length]).toEqual([[1000, 1000, 1000], 1]);
  });

  test("the commit is made once: it is repeated where it was refused, not where that is unknown", async () => {
    hub.faults.push({ at: "/commit/", times: 1, status: 503 });
    await uploadFolder(upload(), { settings: settings() });
    hub.faults.push({ at: "/commit/", times: 1, status: 500 });
    await expect(uploadFolder(upload(), { settings: settings() })).rejects.toThrow(
      /answered 500 to a part of the upload/,
    );
    const cut = settings({
      fetch: (input, init) =>
        String(input).includes("/commit/") ? Promise.reject(new TypeError("fetch failed")) : fetch(input, init),
    });
    const failure = uploadFolder(upload(), { settings: cut });
    await expect(failure).rejects.toBeInstanceOf(RunError);
    await expect(failure).rejects.toThrow(
      /failed while the commit was made\n {2}help: Whether it was made can be seen at/,
    );
    expect(hub.uploads.commits).toHaveLength(1);
  });

  /** The settings with a request of `what` that is sent and never answered, `times` times. */
  const silent = (what: string, times: number, stallMs = 200) => {
    let left = times;
    return settings({
      stallMs,
      fetch: async (input, init) => {
        if (!String(input).includes(what) || left-- <= 0) return fetch(input, init);
        return new Promise<never>((_, fail) => {
          init!.signal!.addEventListener("abort", () => fail(init!.signal!.reason as Error));
        });
      },
    });
  };

  test.each(["/repos/create", "/upload/"])(
    "a server that never answers %s: tried again, said, given up by its name",
    async (what) => {
      const create = { isPrivate: false };
      const told: string[] = [];
      const onRetry = (reason: string) => void told.push(reason);
      await uploadFolder(upload({ create }), { settings: silent(what, 1), onRetry });
      expect(told).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+: .*nothing came for 0\.2 s \(attempt 1 of 5\)/)]);
      expect(hub.uploads.commits).toHaveLength(1);
      hub.uploads.stored.clear();
      const failure = uploadFolder(upload({ create }), { settings: silent(what, 9), onRetry });
      await expect(failure).rejects.toBeInstanceOf(RunError);
      await expect(failure).rejects.toThrow(
        /^me\/there: 127\.0\.0\.1:\d+: .*nothing came for 0\.2 s \(attempt 5 of 5\)\n {2}help: Nothing was committed/,
      );
      expect(told).toHaveLength(5);
    },
  );

  test("a commit that is not answered is waited for five times as long, and asked for once", async () => {
    const onCommit = vi.fn();
    const failure = uploadFolder(upload(), { settings: silent("/commit/", 9), onCommit });
    await expect(failure).rejects.toThrow(/: nothing came for 1 s while the commit was made\n {2}help: Whether it was/);
    expect(onCommit).toHaveBeenCalledTimes(1);
  });

  test("an answer that stops in the middle is broken off", async () => {
    let left = 1;
    const cut = settings({
      stallMs: 200,
      fetch: async (input, init) => {
        const answer = await fetch(input, init);
        if (!String(input).includes("/preupload/") || left-- <= 0) return answer;
        const stream = new ReadableStream({
          start(controller) {
            init!.signal!.addEventListener("abort", () => controller.error(init!.signal!.reason));
          },
        });
        return new Response(stream);
      },
    });
    await uploadFolder(upload(), { settings: cut });
    expect(waits).toEqual([1000]);
  });

  test("a slow upload is no stalled one, and its progress is told as it is sent", async () => {
    const shares: number[] = [];
    const slow = settings({
      stallMs: 300,
      fetch: async (input, init) => {
        if (init?.method !== "PUT") return fetch(input, init);
        const blocks: Uint8Array[] = [];
        for await (const block of (init.body as Blob).stream() as unknown as AsyncIterable<Uint8Array>) {
          blocks.push(block);
          await sleep(100);
        }
        init.signal!.throwIfAborted();
        return fetch(input, { ...init, body: Buffer.concat(blocks) });
      },
    });
    await uploadFolder(upload(), {
      settings: slow,
      onProgress: ({ doneBytes, totalBytes }) => void shares.push(doneBytes / totalBytes),
    });
    expect(waits).toEqual([]);
    expect(new Set(shares.filter((share) => share > 0 && share < 0.99)).size).toBeGreaterThan(2);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
  });

  test("stopped while a repository is created, at once", async () => {
    const controller = new AbortController();
    const create = { isPrivate: true };
    const { signal } = controller;
    const begun = performance.now();
    const sending = uploadFolder(upload({ create }), { settings: silent("/repos/create", 9, 20_000), signal });
    setTimeout(() => controller.abort(new Error("stopped by the user")), 50);
    await expect(sending).rejects.toThrow("stopped by the user");
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  test("what is stored already is not sent again", async () => {
    hub.faults.push({ at: "/commit/", times: 1, status: 400 });
    await expect(uploadFolder(upload(), { settings: settings() })).rejects.toThrow(/Nothing was committed/);
    await uploadFolder(upload(), { settings: settings() });
    expect(hub.seen.filter(({ method }) => method === "PUT")).toHaveLength(1);
  });

  test("a token that may not write, and one that stands in no message", async () => {
    const failure = uploadFolder(upload(), { settings: settings({ token: "hf_readsOnly" }) });
    await expect(failure).rejects.toBeInstanceOf(FormatError);
    await expect(failure).rejects.toThrow(/does not let this token write here \(403\)\n {2}help: HF_TOKEN must be/);
    await expect(failure).rejects.not.toThrow(/readsOnly/);
    expect(hub.uploads.commits).toEqual([]);
  });

  test("a page in place of the Hub's answer, as some proxies give", async () => {
    const page = settings({ fetch: async () => new Response("<html>log in</html>") });
    for (const create of [undefined, { isPrivate: false }]) {
      const failure = uploadFolder(upload({ create }), { settings: page });
      await expect(failure).rejects.toBeInstanceOf(RunError);
      await expect(failure).rejects.toThrow(
        /^me\/there: http.* gave an answer that is none of the Hub's.*HF_ENDPOINT/s,
      );
    }
  });

  test("stopped in the middle, nothing is committed", async () => {
    const controller = new AbortController();
    const stopping = settings({
      fetch: (input, init) => {
        if (init?.method === "PUT") controller.abort(new Error("stopped by the user"));
        return fetch(input, init);
      },
    });
    let committing = 0;
    const onCommit = () => committing++;
    const { signal } = controller;
    await expect(uploadFolder(upload(), { settings: stopping, signal, onCommit })).rejects.toThrow(
      "stopped by the user",
    );
    expect([hub.uploads.commits, committing]).toEqual([[], 0]);
    await uploadFolder(upload(), { settings: settings(), onCommit });
    expect([hub.uploads.commits.length, committing]).toEqual([1, 1]);
  });
});

test("without a token that can write, and offline, nothing is begun", () => {
  expect(() => checkCanUpload(settings({ token: undefined }), "push")).toThrow(
    /HF_TOKEN: expected a token.*received nothing/,
  );
  expect(() => checkCanUpload(settings({ token: "secret" }), "push")).toThrow(/received another text/);
  expect(() => checkCanUpload(settings({ offline: true }), "push")).toThrow(/HF_HUB_OFFLINE: expected not set/);
  expect(checkCanUpload(settings(), "push")).toBe(undefined);
});
