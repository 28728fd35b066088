import fs from "node:fs";
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Config, RunFolder, resolveConfig, runStages, silentObserver } from "../../src/pipeline/index.js";
import { evaluateStage } from "../../src/pipeline/stages/evaluate.js";
import { tuneStage } from "../../src/pipeline/stages/tune/tune.js";
import { savedWithTokenizer } from "../support/model-folder.js";
import { tinyModel } from "../support/tiny-models.js";

/** Two checkpoints, at batches 20 and 40, and two batches after the last one. */
const BATCHES = 42;

let folder: string;
let config: Config;
/**
 * Run folders as they were before each rename of the straight run, in order, by what was to be
 * renamed.
 */
const killed: { path: string; at: string }[] = [];
let straight: Record<string, Buffer>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-killed-"));
  const model = await tinyModel({
    vocabSize: 8192,
    nLayers: 1,
    maxPositions: 64,
    eosTokenIds: [0],
    initializerRange: 0.05,
  });
  await savedWithTokenizer(model, join(folder, "model"));
  const line = (i: number) => `${JSON.stringify({ text: `Film ${i} was good, not bad, and fine. `.repeat(8) })}\n`;
  await writeFile(join(folder, "texts.jsonl"), Array.from({ length: 40 }, (_, i) => line(i)).join(""));
  config = resolveConfig({
    source: "test",
    input: {
      model: join(folder, "model"),
      corpus: {
        source: join(folder, "texts.jsonl"),
        splits: { tune: "all", rest: "all" },
        texts: { tune: 20, dictionaries: 4, triples: 4, evaluate: 8, frequency: 4 },
      },
      ppo: {
        batches: BATCHES,
        batchSize: 2,
        miniBatchSize: 1,
        ppoEpochs: 1,
        learningRate: 1e-3,
        valueHeadDropout: 0.1,
        queryTokens: [2, 3],
        responseTokens: [3, 4],
        sampleEvery: 20,
        evaluation: { prompts: 8, promptTokens: 6, newTokens: 4 },
      },
      ablation: { prompts: 8 },
      statistics: { resamples: 20 },
    },
  });
  const path = join(folder, "straight");
  const run = await RunFolder.create(path, config);
  // What lies on disk before a rename is what a process killed there leaves.
  const { rename } = fs.promises;
  fs.promises.rename = async (from, to) => {
    const snapshot = join(folder, `killed-${killed.length}`);
    killed.push({ path: snapshot, at: relative(path, String(to)) });
    await cp(path, snapshot, { recursive: true });
    await rename(from, to);
  };
  syncBuiltinESMExports();
  try {
    await finish(run);
  } finally {
    fs.promises.rename = rename;
    syncBuiltinESMExports();
  }
  straight = await contents(path);
}, 240_000);
afterAll(() => rm(folder, { recursive: true }));

interface Finished {
  /** Stages that were not up to date. */
  ran: string[];
  /** Batches that were trained. */
  trained: number;
  lines: string[];
}

async function finish(run: RunFolder): Promise<Finished> {
  const found: Finished = { ran: [], trained: 0, lines: [] };
  const observer: typeof silentObserver = {
    ...silentObserver,
    stageStarts: (stage) => {
      found.ran.push(stage.name);
      return {
        start: (_total, unit, done = 0) => {
          if (unit === "batches") found.trained = BATCHES - done;
        },
        update() {},
        end() {},
      };
    },
    log: (line) => void found.lines.push(line),
  };
  const signal = new AbortController().signal;
  try {
    await runStages(run, { stages: [tuneStage, evaluateStage], observer, signal, clock: () => new Date(0) });
  } finally {
    await run.release();
  }
  return found;
}

/** Takes up what a killed process left; its lock would be found stale. */
async function resume(path: string): Promise<Finished> {
  await rm(join(path, "run.lock"));
  return finish(await RunFolder.open(path, config));
}

/** Every file of a run but for run.json, which has times. */
async function contents(path: string): Promise<Record<string, Buffer>> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(path, join(entry.parentPath, entry.name)))
    .filter((name) => name !== "run.json");
  return Object.fromEntries(
    await Promise.all(files.sort().map(async (name) => [name, await readFile(join(path, name))])),
  );
}

const isCheckpoint = ({ at }: { at: string }): boolean => at.endsWith("checkpoint.safetensors");

test("a straight run writes everything by a rename, the checkpoint by one", () => {
  expect(Object.keys(straight)).toEqual([
    "results.json",
    "tuned/config.json",
    "tuned/generation_config.json",
    "tuned/model.safetensors",
    "tuned/tokenizer.json",
    "tuned/tokenizer_config.json",
    "tuned/value_head.safetensors",
    "tuning/completions.jsonl",
    "tuning/metrics.jsonl",
    "tuning/samples.jsonl",
  ]);
  expect(killed.filter(isCheckpoint)).toHaveLength(2);
  expect(killed.map(({ at }) => at)).toEqual(
    expect.arrayContaining(["tuned", join("tuning", "completions.jsonl"), "results.json"]),
  );
});

test("killed at every rename and resumed, it comes to the same bytes, and what was trained is not trained again", {
  timeout: 600_000,
}, async () => {
  const checkpoints = killed.map((one, i) => (isCheckpoint(one) ? i : -1)).filter((i) => i >= 0);
  const trained = killed.findIndex(({ at }) => at === "tuned");
  for (const [i, { path, at }] of killed.entries()) {
    const copy = `${path}-resumed`;
    await cp(path, copy, { recursive: true });
    const found = await resume(copy);
    const left = i <= checkpoints[0] ? BATCHES : i <= checkpoints[1] ? BATCHES - 20 : i < trained ? BATCHES - 40 : 0;
    expect(found.trained, `batches trained after a kill at ${i}, ${at}`).toBe(left);
    const files = await contents(copy);
    expect(Object.keys(files), `files after a kill at ${i}, ${at}`).toEqual(Object.keys(straight));
    for (const [name, bytes] of Object.entries(files))
      expect(bytes.equals(straight[name]), `${name} after a kill at ${i}, ${at}`).toBe(true);
    await rm(copy, { recursive: true });
  }
});

test("a torn checkpoint counts as none, and a line says so", async () => {
  const { path } = killed[killed.findLastIndex(isCheckpoint)];
  const copy = join(folder, "torn");
  await cp(path, copy, { recursive: true });
  await truncate(join(copy, ".scratch-tune", "checkpoint.safetensors"), 100_000);
  await writeFile(join(copy, "tuning", "failed-batch.json"), "{}");
  const { trained, lines } = await resume(copy);
  expect(trained).toBe(BATCHES);
  const told = lines.filter((line) => line.includes("checkpoint"));
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(
    /cannot be used.*checkpoint\.safetensors: header describes \d+ bytes of tensors, the file holds/,
  );
  expect(await contents(copy)).toEqual(straight);
});

test("a log changed after the model was saved is named, and tuning goes on from the last checkpoint", async () => {
  const { path } = killed[killed.findIndex(({ at }) => at === "tuned") + 1];
  for (const [name, trained, byte] of [
    ["tuning/samples.jsonl", BATCHES - 40, -5],
    ["tuning/metrics.jsonl", BATCHES - 40, -5],
    ["tuned/model.safetensors", BATCHES - 40, 90_000],
  ] as const) {
    const copy = join(folder, "changed-log");
    await cp(path, copy, { recursive: true });
    const place = [copy, join(copy, ".scratch-tune")].map((at) => join(at, name)).find((file) => fs.existsSync(file));
    const bytes = await readFile(place!);
    bytes[(byte + bytes.length) % bytes.length] ^= 1;
    await writeFile(place!, bytes);
    const found = await resume(copy);
    expect(found.lines.filter((line) => line.includes(`${name}: is not as it was saved`))).toHaveLength(1);
    expect(found.trained).toBe(trained);
    expect(await contents(copy)).toEqual(straight);
    await rm(copy, { recursive: true });
  }
});

test("another evaluation measures again and does not tune again", async () => {
  const changed = { ...config, ppo: { ...config.ppo, evaluation: { ...config.ppo.evaluation, newTokens: 5 } } };
  const run = await RunFolder.open(join(folder, "straight"), changed);
  expect(await finish(run)).toMatchObject({ ran: ["evaluate"], trained: 0 });
  const files = await contents(join(folder, "straight"));
  expect(JSON.parse(String(files["results.json"]))).toMatchObject({ tune: { batches: BATCHES, newTokens: 5 } });
  const different = Object.keys(straight).filter((name) => !files[name].equals(straight[name]));
  expect(different).toEqual(["results.json", join("tuning", "completions.jsonl")]);
});
