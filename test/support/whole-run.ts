/** Whole runs of all stages in miniature, made by the command line in this process. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { vi } from "vitest";
import { runCli } from "../../src/cli/program.js";
import { savedWithTokenizer } from "./model-folder.js";
import { tinyModel } from "./tiny-models.js";
import { corpusLines, plainWords, smallSettings } from "./tiny-run.js";

/** As little as all stages can do with, and enough steps for a checkpoint of the autoencoders. */
const settings = {
  ...smallSettings,
  "corpus.texts.dictionaries": 52,
  "layers.count": 1,
  "dictionaries.batchTexts": 1,
  "dictionaries.maxTokens": 48,
  "dictionaries.epochs": 5,
  "studies.tied": true,
  "studies.tokenVisits": 2000,
  "ppo.batches": 2,
  "ppo.batchSize": 4,
  "ppo.sampleEvery": 2,
  "features.topK": 3,
  "explainer.permutations": 10,
  "statistics.resamples": 10,
  "ablation.draws": 1,
};

/**
 * Writes a tiny model and texts into a folder.
 * @returns what `rewardscope run default` is given beside `--out`
 */
export async function writeInputs(folder: string): Promise<string[]> {
  const model = await tinyModel({
    vocabSize: 8192,
    dModel: 8,
    dMlp: 8,
    nLayers: 2,
    maxPositions: 64,
    eosTokenIds: [0],
    initializerRange: 0.05,
  });
  await savedWithTokenizer(model, join(folder, "model"));
  await writeFile(join(folder, "texts.jsonl"), corpusLines(290, await plainWords()));
  const sets = { model: join(folder, "model"), corpus: join(folder, "texts.jsonl"), ...settings };
  return Object.entries(sets).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
}

/** Runs a command line and gives what it wrote to both streams. */
export async function rewardscope(...argv: string[]): Promise<{ code: number; output: string }> {
  let output = "";
  const keep = (chunk: string | Uint8Array): boolean => {
    output += chunk;
    return true;
  };
  const spies = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, "write").mockImplementation(keep));
  try {
    return { code: await runCli(argv), output };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** Every file of a run, hidden ones included, by its path with `/`. */
export async function contents(run: string): Promise<Record<string, Buffer>> {
  const entries = await readdir(run, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const files = paths.sort().map(async (path) => [relative(run, path).split(sep).join("/"), await readFile(path)]);
  return Object.fromEntries(await Promise.all(files));
}

/** Names of files that one folder has and the other has not, or with other bytes. */
export function differences(a: Record<string, Buffer>, b: Record<string, Buffer>): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(
    (name) => !a[name]?.equals(b[name] ?? Buffer.of(0)),
  );
}
