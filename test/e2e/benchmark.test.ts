/** A benchmark on a tiny random model: made, stopped, resumed, and given to others without the truth. */
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { methods } from "../../src/benchmark/methods/methods.js";
import { organisms } from "../../src/benchmark/organisms/organisms.js";
import { type BenchmarkOptions, runBenchmark } from "../../src/benchmark/run/benchmark.js";
import { ConfigError } from "../../src/errors.js";
import { silentObserver } from "../../src/pipeline/index.js";
import { readBenchmarkResults, readRanking, readTruth } from "../../src/results/benchmark.js";
import { savedWithTokenizer } from "../support/model-folder.js";
import { tinyModel } from "../support/tiny-models.js";

const NAMES = ["nouns", "nouns-dose-0.25", "constant"];

let folder: string;
let base: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-benchmark-"));
  base = join(folder, "base");
  const model = await tinyModel({ vocabSize: 8192, eosTokenIds: [0], initializerRange: 0.2 });
  await savedWithTokenizer(model, base);
});
afterAll(() => rm(folder, { recursive: true }));

const options = (changes: Partial<BenchmarkOptions>): BenchmarkOptions => ({
  out: join(folder, "out"),
  resume: false,
  seeds: [1],
  methods,
  organisms: organisms.filter(({ name }) => NAMES.includes(name)),
  observer: silentObserver,
  signal: new AbortController().signal,
  changes: {
    model: { name: base },
    corpus: { texts: { tune: 40, dictionaries: 60, evaluate: 40, frequency: 40 } },
    ppo: { batches: 2, batchSize: 16, miniBatchSize: 8 },
    audit: { prompts: 30, promptTokens: 8, newTokens: 10, texts: 30, textTokens: 20 },
  },
  ...changes,
});

const text = (path: string) => readFile(join(folder, path), "utf8");

test("a benchmark that was stopped goes on, and comes to the numbers of one that was not", {
  timeout: 600_000,
}, async () => {
  const controller = new AbortController();
  const stopped = options({
    signal: controller.signal,
    // Stopped when the second pair begins.
    observer: { ...silentObserver, log: (line) => line.startsWith("2 of 3") && controller.abort() },
  });
  await expect(runBenchmark(stopped)).rejects.toThrow();
  await expect(runBenchmark(options({}))).rejects.toThrow(ConfigError);
  const tuned = join(folder, "out/organisms/nouns-seed-1/tuned/model.safetensors");
  const before = (await stat(tuned)).mtimeMs;
  const results = await runBenchmark(options({ resume: true }));
  expect((await stat(tuned)).mtimeMs).toBe(before);
  expect(results.pairs.map(({ name, truths }) => [name, truths])).toEqual([
    ["nouns-seed-1", 20],
    ["nouns-dose-0.25-seed-1", 20],
    ["constant-seed-1", 0],
  ]);
  expect(results.outcomes).toHaveLength(3 * methods.length);
  for (const { auroc, pair } of results.outcomes) expect(auroc === null).toBe(pair.startsWith("constant"));
  for (const { said, method } of results.outcomes) if (method === "random") expect(said).toBeGreaterThan(200);
  expect(await readBenchmarkResults(join(folder, "out"))).toEqual(JSON.parse(JSON.stringify(results)));
  expect(await text("out/benchmark.html")).toContain("AUROC by pair");
  expect((await text("out/table.csv")).trim().split("\n")).toHaveLength(1 + methods.length);

  const whole = await runBenchmark(options({ out: join(folder, "whole"), methods: methods.slice(1, 3) }));
  const scores = (of: typeof whole) =>
    of.outcomes.filter(({ method }) => method === methods[1].name).map(({ seconds: _, ...scored }) => scored);
  expect(scores(whole)).toEqual(scores(results));
});

test("others rank the pairs without the truth, and are scored by it later", { timeout: 600_000 }, async () => {
  const [given, out] = [join(folder, "out"), join(folder, "others")];
  const [truth, hidden] = [join(given, "truth"), join(folder, "hidden")];
  await rename(truth, hidden);
  const blind = await runBenchmark(options({ given, out, methods: methods.slice(0, 2) }));
  expect(blind.outcomes.every(({ auroc }) => auroc === null)).toBe(true);
  expect(blind.pairs.every(({ truths }) => truths === null)).toBe(true);
  expect((await readRanking(join(out, "ranks/nouns-seed-1/random.json"))).scores[0].hypothesis).toBe("word: show");
  await rename(hidden, truth);
  expect(Object.keys((await readTruth(join(truth, "nouns-seed-1.json"))).truth)).toContain("word: show");
  const scored = await runBenchmark(options({ given, out, methods: methods.slice(0, 2), resume: true }));
  expect(scored.outcomes.filter(({ auroc }) => auroc !== null)).toHaveLength(4);
  await writeFile(join(truth, "nouns-seed-1.json"), JSON.stringify({ truth: { "word: nonsense": 1 } }));
  const wrong = runBenchmark(options({ given, out, methods: methods.slice(0, 2), resume: true }));
  await expect(wrong).rejects.toThrow("word: nonsense");
});

test("a folder without organisms, pairs that cannot be used, and a foreign folder are refused before anything is written", async () => {
  const none = join(folder, "none");
  await expect(runBenchmark(options({ given: base, out: none }))).rejects.toThrow("organism.json");
  const given = join(folder, "damaged");
  for (const [name, text] of Object.entries({ a: "{", b: '{ "base": "embedded", "tuned": "nowhere" }' })) {
    await mkdir(join(given, "organisms", name), { recursive: true });
    await writeFile(join(given, "organisms", name, "organism.json"), text);
  }
  const refused = await runBenchmark(options({ given, out: none })).catch((error) => error);
  expect(refused).toBeInstanceOf(ConfigError);
  expect(refused.issues.map(({ path }: { path: string }) => path)).toEqual(["a", "b"]);
  await expect(stat(none)).rejects.toThrow("ENOENT");
  await expect(runBenchmark(options({ out: base }))).rejects.toThrow(/base, which holds other files/);
});
