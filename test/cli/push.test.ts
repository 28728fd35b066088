import { existsSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FakeHub, startHub } from "../support/hub-server.js";
import { WRITING_TOKEN } from "../support/hub-uploads.js";
import { writePlayableRun } from "../support/playable-run.js";
import { start } from "../support/program.js";

let hub: FakeHub;
let folder: string;
let run: string;
beforeAll(async () => {
  hub = await startHub();
  folder = await mkdtemp(join(tmpdir(), "rewardscope-push-test-"));
  run = await writePlayableRun(folder, "playable");
});
afterAll(async () => {
  await hub.close();
  await rm(folder, { recursive: true });
});

const push = (args: string[], env: Record<string, string> = {}) =>
  start("rewardscope", ["push", run, ...args], {
    env: { HF_ENDPOINT: hub.endpoint, HF_HOME: folder, HF_TOKEN: WRITING_TOKEN, TMPDIR: folder, ...env },
  }).ended;

test("dictionaries go to a model's repository, tables to a private data set, each as one commit", {
  timeout: 60_000,
}, async () => {
  const dictionaries = await push(["--to-repo", "me/saes", "--what", "saelens", "--create"]);
  expect(dictionaries.code, dictionaries.stderr).toBe(0);
  expect(dictionaries.stdout).toMatch(/^me\/saes: README\.md, base, tuned\nhttps:\/\/hub\.test\/me\/saes\/commit\//);
  const tables = await push(["--to-repo", "me/tables", "--what", "dataset", "--create", "--private", "--json"]);
  expect(tables.code, tables.stderr).toBe(0);
  expect(JSON.parse(tables.stdout)).toMatchObject({
    repository: "me/tables",
    type: "dataset",
    files: ["README.md", "data"],
  });
  const [saes, data] = hub.repositories;
  expect(Object.keys(saes.files)).toContain("tuned/blocks.1.hook_mlp_out/small/sae_weights.safetensors");
  expect([data.token, data.files["README.md"].toString()]).toEqual([
    WRITING_TOKEN,
    expect.stringContaining("config_name: features"),
  ]);
  expect(hub.uploads.commits.map(({ title }) => title)).toEqual([
    "Upload saelens of playable with rewardscope",
    "Upload dataset of playable with rewardscope",
  ]);
  expect((await readdir(folder)).filter((name) => name.startsWith("rewardscope-push-"))).toEqual([]);
});

test("wrong options are told at once, and without a token nothing is asked", { timeout: 60_000 }, async () => {
  const seen = hub.seen.length;
  const wrong = await push(["--to-repo", "saes", "--what", "table", "--private"]);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toMatch(/--to-repo: expected owner\/name.*\n.*--what: expected one of hub, saelens, dataset/);
  expect(wrong.stderr).toMatch(/--private: expected --create beside it/);
  const without = await push(["--to-repo", "me/saes", "--what", "saelens"], { HF_TOKEN: "" });
  expect([without.code, without.stderr]).toEqual([
    2,
    expect.stringMatching(/HF_TOKEN: expected a token with write access/),
  ]);
  const own = await push(["--to-repo", "me/model"]);
  expect([own.code, own.stderr]).toEqual([2, expect.stringMatching(/no tuned model of its own/)]);
  expect(hub.seen.length).toBe(seen);
  expect(existsSync(join(folder, "token"))).toBe(false);
});

test("a server that never answers: the upload is shown, and Ctrl-C ends it at once", { timeout: 60_000 }, async () => {
  const asked: string[] = [];
  const silent = createServer(({ url }) => void asked.push(url!));
  await new Promise<void>((ready) => silent.listen(0, "127.0.0.1", ready));
  const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const args = ["push", run, "--to-repo", "me/saes", "--what", "saelens", "--create"];
  const env = { HF_ENDPOINT: endpoint, HF_HOME: folder, HF_TOKEN: WRITING_TOKEN, TMPDIR: folder };
  const { child, ended } = start("rewardscope", args, { env });
  await expect.poll(() => asked, { timeout: 30_000 }).toEqual(["/api/repos/create"]);
  const told = performance.now();
  child.kill("SIGINT");
  const { code, stderr } = await ended;
  expect(performance.now() - told).toBeLessThan(10_000);
  expect(code).toBe(130);
  expect(stderr).toMatch(/^uploading to me\/saes at 127\.0\.0\.1:\d+\n/);
  expect(stderr).toMatch(/Stopped\. Nothing was committed\. To begin again: the same command\./);
  silent.closeAllConnections();
  await new Promise((done) => silent.close(done));
});

test("a tuned model goes to the Hub with its weights, tokenizer and card", { timeout: 60_000 }, async () => {
  await cp(join(folder, ".models", "tuned"), join(run, "tuned"), { recursive: true });
  const { code, stderr } = await push(["--to-repo", "me/model", "--create"]);
  expect(code, stderr).toBe(0);
  const { files } = hub.repositories.find(({ id }) => id === "me/model")!;
  expect(Object.keys(files).sort()).toEqual(expect.arrayContaining(["README.md", "config.json", "tokenizer.json"]));
  const weights = await readFile(join(run, "tuned", "model.safetensors"));
  expect(files["model.safetensors"].equals(weights)).toBe(true);
});
