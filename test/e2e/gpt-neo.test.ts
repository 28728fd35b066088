import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readJsonl } from "../../src/io/jsonl.js";
import { loadModel } from "../../src/model/load.js";
import { loadClassifier } from "../../src/model/text-classifier.js";
import {
  methodStages,
  type Results,
  RunFolder,
  readResults,
  resolveConfig,
  runStages,
  silentObserver,
} from "../../src/pipeline/index.js";
import type { CompletionRow } from "../../src/pipeline/stages/files/completions.js";
import { expectClose } from "../support/expect-close.js";
import { savedWithTokenizer } from "../support/model-folder.js";
import { tinyGptNeo } from "../support/tiny-models.js";

const classifier = fileURLToPath(new URL("../golden/models/distilbert-text", import.meta.url));

let folder: string;
let results: Results;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-neo-"));
  const model = await tinyGptNeo({ vocabSize: 8192, maxPositions: 64, eosTokenIds: [0], initializerRange: 0.05 });
  await savedWithTokenizer(model, join(folder, "model"));
  const line = (i: number) => JSON.stringify({ text: `Film ${i} was long, and it was fine. `.repeat(8) });
  await writeFile(join(folder, "texts.jsonl"), Array.from({ length: 60 }, (_, i) => `${line(i)}\n`).join(""));
  const config = resolveConfig({
    source: "test",
    input: {
      model: join(folder, "model"),
      corpus: {
        source: join(folder, "texts.jsonl"),
        splits: { tune: "all", rest: "all" },
        texts: { tune: 30, dictionaries: 8, triples: 8, evaluate: 8, frequency: 6 },
      },
      reward: { name: "classifier", classifier },
      ppo: {
        batches: 3,
        batchSize: 8,
        miniBatchSize: 4,
        sampleEvery: 1,
        evaluation: { prompts: 8, promptTokens: 12, newTokens: 8 },
      },
      layers: { count: 1 },
      ablation: { prompts: 8 },
      statistics: { resamples: 20 },
    },
  });
  const run = await RunFolder.create(join(folder, "run"), config);
  const stages = methodStages(async () => "").slice(0, 3);
  await runStages(run, {
    stages,
    observer: silentObserver,
    signal: new AbortController().signal,
    clock: () => new Date(),
  });
  await run.release();
  results = await readResults(join(folder, "run"));
});
afterAll(() => rm(folder, { recursive: true }));

test("a GPT-Neo is tuned on a classifier's logit, and is a GPT-Neo again, with other weights in every block", async () => {
  const metrics = (await readFile(join(folder, "run", "tuning", "metrics.jsonl"), "utf8")).trimEnd().split("\n");
  expect(metrics).toHaveLength(3);
  for (const value of Object.values(JSON.parse(metrics[2]) as Record<string, number>))
    expect(Number.isFinite(value)).toBe(true);
  const [base, tuned] = [await loadModel(join(folder, "model")), await loadModel(join(folder, "run", "tuned"))];
  expect(tuned.config).toEqual(base.config);
  expect(results.divergence?.layers.map(({ layer }) => layer)).toEqual([0, 1]);
  expect(results.divergence?.chosen).toHaveLength(1);
  const position = "transformer.wpe.weight";
  expect((await tuned.parameter(position)).data).not.toEqual((await base.parameter(position)).data);
  expect(JSON.stringify(results)).not.toMatch(/NaN|null,"low"/);
});

test("rewards of completions are the classifier's positive logits", async () => {
  const rows: CompletionRow[] = [];
  for await (const row of readJsonl(join(folder, "run", "tuning", "completions.jsonl")))
    rows.push(row as CompletionRow);
  expect(rows).toHaveLength(16);
  const { labels, logits } = await loadClassifier(classifier);
  expect(labels[0]).toBe("POSITIVE");
  const { data } = await logits(rows.map(({ text }) => text));
  const positive = rows.map((_, row) => data[row * 2]);
  expectClose(
    rows.map(({ completionReward }) => completionReward),
    positive,
    1e-5,
  );
  expect(new Set(positive).size).toBeGreaterThan(8);
});
