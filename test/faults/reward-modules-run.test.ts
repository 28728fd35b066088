import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sha256File } from "../../src/io/hash.js";
import { programs } from "../support/program.js";
import { smallSettings, writeTinyInputs } from "../support/tiny-run.js";

const main = programs.rewardscope[0];

/**
 * Does what FAULT says in its 22nd call, between two checkpoints, unless the file MARK is there; it
 * then makes that file.
 */
const vowels = `
import { existsSync, writeFileSync } from "node:fs";
setInterval(() => {}, 50);
console.log("loaded");
const { FAULT, MARK } = process.env;
let calls = 0;
const faults = { exits: () => process.exit(0), waits: () => new Promise(() => {}), blocks: () => { for (;;); } };
export default async (texts) => {
  const values = texts.map((text) => (text.match(/[aeiou]/g) ?? []).length / 10);
  texts.fill("overwritten");
  if (++calls === 22 && FAULT in faults && !existsSync(MARK)) {
    writeFileSync(MARK, "");
    await faults[FAULT]();
  }
  return values;
};
`;

let folder: string;
let reference: string;

interface Running extends ChildProcess {
  output: string;
  errors: string;
}

function start(fault: string, words: string[]): Running {
  const child = Object.assign(
    spawn("node", [main, ...words], {
      env: { ...process.env, FAULT: fault, MARK: join(folder, `mark-${fault}`) },
    }),
    { output: "", errors: "" },
  );
  child.stdout.on("data", (chunk) => (child.output += chunk));
  child.stderr.on("data", (chunk) => (child.errors += chunk));
  return child;
}

const begin = (fault: string, out: string, ...more: string[]): Running => {
  const sets = {
    model: join(folder, "model"),
    corpus: join(folder, "texts.jsonl"),
    ...smallSettings,
    "ppo.batches": 24,
    "ppo.batchSize": 4,
    "ppo.sampleEvery": 100,
    reward: join(folder, "vowels.mjs"),
  };
  const settings = Object.entries(sets).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  return start(fault, ["run", "default", "--out", out, ...settings, ...more]);
};

const ended = (child: ChildProcess) => new Promise<number | null>((resolve) => child.on("close", resolve));

async function expectFailed(out: string): Promise<void> {
  const { stages } = JSON.parse(await readFile(join(out, "run.json"), "utf8"));
  expect(stages.tune.status).toBe("failed");
  expect(existsSync(join(out, "run.lock"))).toBe(false);
}

async function expectSame(out: string, files: readonly string[]): Promise<void> {
  for (const file of files)
    expect(await sha256File(join(out, file)), file).toBe(await sha256File(join(reference, file)));
}

const ofTuning = ["tuned/model.safetensors", "tuning/metrics.jsonl"];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-module-runs-"));
  await writeTinyInputs(folder);
  await writeFile(join(folder, "vowels.mjs"), vowels);
  reference = join(folder, "reference");
  const child = begin("none", reference, "--json");
  expect(await ended(child), child.errors).toBe(0);
  // What the module prints is not part of the answer; that it overwrites its texts changes nothing.
  expect(JSON.parse(child.output).stages[0]).toMatchObject({ name: "tune", status: "done" });
  expect(child.errors).toContain("[vowels.mjs] loaded\n");
  expect(await readFile(join(reference, "tuning", "completions.jsonl"), "utf8")).not.toContain("overwritten");
}, 240_000);
afterAll(() => rm(folder, { recursive: true }));

test("a module that exits fails the run, which comes to the same bytes when resumed", {
  timeout: 240_000,
}, async () => {
  const out = join(folder, "exits");
  const child = begin("exits", out);
  expect(await ended(child), child.errors).toBe(1);
  expect(child.errors).toMatch(
    /error: the reward \S+vowels\.mjs ended its process with exit code 0, when it was given 4 texts\n {2}help: .*\n$/,
  );
  await expectFailed(out);
  const again = start("exits", ["run", "--resume", "--out", out]);
  expect(await ended(again), again.errors).toBe(0);
  await expectSame(out, [...ofTuning, "tuning/completions.jsonl", "results.json", "features.jsonl"]);
});

test("one that never answers fails in time; more time goes on from the checkpoint", { timeout: 240_000 }, async () => {
  const out = join(folder, "waits");
  const child = begin("waits", out, "--json", "--set", "reward.timeoutSeconds=6");
  expect(await ended(child), child.errors).toBe(1);
  const { error } = JSON.parse(child.errors.trimEnd().split("\n").at(-1)!);
  expect(error.code).toBe("RUN_FAILED");
  expect(error.message).toMatch(
    /vowels\.mjs was given 4 texts and did not answer in 6 seconds \(reward\.timeoutSeconds\)/,
  );
  await expectFailed(out);
  const again = start("waits", ["tune", out, "--set", "reward.timeoutSeconds=60"]);
  expect(await ended(again), again.errors).toBe(0);
  await expectSame(out, ofTuning);
});

test("Ctrl-C ends one that blocks its thread at once", { timeout: 240_000 }, async () => {
  const out = join(folder, "blocks");
  const child = begin("blocks", out);
  while (!existsSync(join(folder, "mark-blocks"))) await setTimeout(50);
  const before = Date.now();
  child.kill("SIGINT");
  expect(await ended(child), child.errors).toBe(130);
  expect(Date.now() - before).toBeLessThan(5000);
  expect(child.errors).toMatch(/Stopped\. To continue: rewardscope run --resume/);
  const again = start("blocks", ["tune", out]);
  expect(await ended(again), again.errors).toBe(0);
  await expectSame(out, ofTuning);
});
