import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { commitOf, type FakeHub, startHub } from "../support/hub-server.js";
import { root, start } from "../support/program.js";

const golden = join(root, "test/golden/models/neox-tied");
const TOKEN = "hf_secret";
const [model, reviews] = ["made-up/tiny", "made-up/reviews"];
const input = ["--set", `model=${model}`, "--set", `corpus=${reviews}`];

let hub: FakeHub;
let folder: string;
beforeEach(async () => {
  const weights = await readFile(join(golden, "model.safetensors"));
  hub = await startHub(
    {
      type: "model",
      id: model,
      revisions: { main: commitOf("one"), v1: commitOf("one") },
      files: {
        "config.json": await readFile(join(golden, "config.json")),
        "model.safetensors": weights,
        "tokenizer.json": Buffer.from("{}"),
        "pytorch_model.bin": weights,
      },
      token: TOKEN,
    },
    {
      type: "dataset",
      id: reviews,
      revisions: { main: commitOf("reviews") },
      files: { "train.jsonl": Buffer.from('{"text":"a"}\n'), "test.jsonl": Buffer.from('{"text":"b"}\n') },
    },
  );
  folder = await mkdtemp(join(tmpdir(), "rewardscope-"));
});
afterEach(async () => {
  await hub.close();
  await rm(folder, { recursive: true });
});

/** The command line with made-up stages, at our Hub. */
const started = (...args: string[]) =>
  start("counting", args, {
    cwd: folder,
    env: { HF_ENDPOINT: hub.endpoint, HF_HOME: join(folder, "hf"), HF_TOKEN: TOKEN, HF_HUB_CACHE: "" },
  });
const rewardscope = (...args: string[]) => started(...args).ended;

const record = async () => JSON.parse(await readFile(join(folder, "out", "run.json"), "utf8"));
const move = (text: string) => {
  hub.repositories[0] = { ...hub.repositories[0], revisions: { main: commitOf(text) } };
};

test("a run on ids pins their commits, keeps them when it goes on, and takes new ones when a name changes", async () => {
  const run = await rewardscope("run", ...input, "--out", "out");
  expect(run.stderr).toContain(`downloading ${model}`);
  expect(run.code, run.stderr).toBe(0);
  expect(hub.seen.filter(({ url }) => url.includes(".bin"))).toEqual([]);
  const { config, hub: pins, inputs } = await record();
  expect([config.model.name, config.corpus.source]).toEqual([model, reviews]);
  expect(pins).toEqual({
    "model.name": { id: model, revision: "main", sha: commitOf("one") },
    "corpus.source": { id: reviews, revision: "main", sha: commitOf("reviews") },
  });
  expect(inputs).toMatchObject({ "model.name": commitOf("one"), "corpus.source": commitOf("reviews") });
  expect(JSON.stringify(await record()) + run.stdout + run.stderr).not.toContain(TOKEN);

  // The branch moved; the run did not.
  move("two");
  hub.seen.length = 0;
  const resumed = await rewardscope("run", "--resume", "--out", "out", "--set", "probe.folds=9");
  expect(resumed.stderr).toContain("tune: up to date");
  const stage = await rewardscope("match", "out", "--force");
  expect([resumed.code, stage.code]).toEqual([0, 0]);
  expect(hub.seen).toEqual([]);

  const other = await rewardscope("run", "--resume", "--out", "out", "--set", `model=${model}@${commitOf("two")}`);
  expect([other.code, other.stderr]).toEqual([0, expect.stringContaining("[1/3] counting for tune: done")]);
  expect((await record()).hub["model.name"].sha).toBe(commitOf("two"));
});

test("--revision is the model's, is kept in the run, and is refused together with all else that is wrong", async () => {
  hub.repositories[0] = { ...hub.repositories[0], revisions: { main: commitOf("one"), v2: commitOf("two") } };
  const run = await rewardscope("run", ...input, "--revision", "v2", "--out", "out");
  expect(run.code, run.stderr).toBe(0);
  const { config, hub: pins } = await record();
  expect(config.model.name).toBe(`${model}@v2`);
  expect(pins["model.name"]).toEqual({ id: model, revision: "v2", sha: commitOf("two") });

  const pair = ["--set", `corpus=${reviews}`, "--base", model, "--tuned", model];
  expect((await rewardscope("run", ...pair, "--revision", "v2", "--out", "pair")).code).toBe(0);
  const { hub: ofPair } = JSON.parse(await readFile(join(folder, "pair", "run.json"), "utf8"));
  expect([ofPair["model.base"].sha, ofPair["model.tuned"].sha]).toEqual([commitOf("one"), commitOf("two")]);

  const wrong = ["--set", "model=embedded", "--revision", "v2", "--set", "ppo.gamma=2"];
  const refused = await rewardscope("run", ...wrong, "--out", "wrong");
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringMatching(/2 problems\n(.*\n)*.*--revision: expected a model on the Hub/),
  ]);
  const missing = await rewardscope("run", ...input, "--revision", "v3", "--out", "wrong");
  expect([missing.code, missing.stderr]).toEqual([2, expect.stringMatching(/model\.name: .*"made-up\/tiny@v3": .*v3/)]);
  expect(existsSync(join(folder, "wrong"))).toBe(false);
});

test("--offline and a dry run make no request", async () => {
  const dry = await rewardscope("run", ...input, "--out", "out", "--dry-run");
  expect([dry.code, dry.stdout.split("\n")[0]]).toEqual([0, "tune            runs: has not run"]);
  expect(dry.stderr).toContain(`a run would download it: model.name "${model}"\n`);
  const miss = await rewardscope("run", ...input, "--out", "out", "--offline");
  expect(miss.code).toBe(2);
  expect(miss.stderr).toMatch(
    /2 problems\n {2}model\.name: .*"made-up\/tiny": revision main is not in the cache: looked for .*refs.main/,
  );
  expect(miss.stderr).toMatch(/ {2}corpus\.source: .*"made-up\/reviews": revision main is not in the cache/);
  expect(hub.seen).toEqual([]);
  expect(await readdir(folder)).toEqual([]);

  expect((await rewardscope("run", ...input, "--out", "first")).code).toBe(0);
  hub.seen.length = 0;
  expect((await rewardscope("run", ...input, "--out", "out", "--offline")).code).toBe(0);
  expect((await rewardscope("probe", "out", "--force", "--offline")).code).toBe(0);
  expect(hub.seen).toEqual([]);
  expect((await record()).hub["model.name"].sha).toBe(commitOf("one"));
});

test("what is not on the Hub is told with all else that is wrong, and nothing is written", async () => {
  const args = ["--set", "model=made-up/tine", "--set", "corpus=made-up/views", "--set", "ppo.gamma=2"];
  const { code, stderr } = await rewardscope("run", ...args, "--out", "out");
  expect([code, stderr]).toEqual([2, expect.stringMatching(/^error: preset default: 3 problems\n {2}ppo\.gamma: /)]);
  expect(stderr).toMatch(
    / {2}model\.name: expected a model on the Hub, or a folder, received "made-up\/tine": there is no folder/,
  );
  expect(stderr).toMatch(
    / {2}corpus\.source: expected a data set on the Hub, or a folder, received "made-up\/views": there is no/,
  );
  expect(existsSync(join(folder, "out"))).toBe(false);
  expect(existsSync(join(folder, "hf"))).toBe(false);

  hub.faults.push({ at: "/revision/", times: 99, status: 418 });
  const broken = await rewardscope("run", ...input, "--out", "out");
  expect([broken.code, broken.stderr]).toEqual([1, expect.stringMatching(/made-up\/tiny: .* answered 418/)]);
  expect(existsSync(join(folder, "out"))).toBe(false);
});

test("Ctrl-C in a download: what has arrived is kept, no run has begun, the same command goes on", async () => {
  const weights = hub.repositories[0].files["model.safetensors"].length;
  hub.faults.push({ at: "cdn/", times: 1, silentAfter: weights - 100 });
  const { child, ended } = started("run", ...input, "--out", "out");
  while (!hub.seen.some(({ host }) => host === "cdn")) await sleep(50);
  await sleep(500);
  child.kill("SIGINT");
  const { code, stderr } = await ended;
  expect([code, stderr]).toEqual([130, expect.stringContaining("Downloads are kept")]);
  expect(existsSync(join(folder, "out"))).toBe(false);
  hub.seen.length = 0;
  expect((await rewardscope("run", ...input, "--out", "out")).code).toBe(0);
  expect(hub.seen.filter(({ host }) => host === "cdn").map(({ sentBytes }) => sentBytes)).toEqual([100]);
});
