/** Audits of small pairs of models, with every stage and the report. */
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { assetPath } from "../../src/assets.js";
import type { CausalLm } from "../../src/model/causal-lm.js";
import { saveModel } from "../../src/model/load.js";
import {
  findConfig,
  methodStages,
  type Results,
  RunFolder,
  readResults,
  resolveConfig,
  runStages,
  silentObserver,
} from "../../src/pipeline/index.js";
import { writeReport } from "../../src/report/write-report.js";

/** Writes 80 short texts, which are prompts too. */
export async function writeTexts(folder: string): Promise<string> {
  const file = join(folder, "texts.jsonl");
  const line = (i: number) => JSON.stringify({ text: `Film ${i} was long, and it was fine. `.repeat(3) });
  await writeFile(file, Array.from({ length: 80 }, (_, i) => `${line(i)}\n`).join(""));
  return file;
}

/** Saves a model of 8,192 tokens with the tokenizer of the embedded one, and disposes of it. */
export async function savedWithTokenizer(model: CausalLm, folder: string): Promise<string> {
  await saveModel(model, folder);
  await model.dispose();
  for (const file of ["tokenizer.json", "tokenizer_config.json"])
    await copyFile(join(assetPath("embedded"), file), join(folder, file));
  return folder;
}

/**
 * Makes an audit in a new folder.
 * @param settings by their paths
 */
export async function runAudit(
  folder: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<{ results: Results; page: string }> {
  const config = resolveConfig(
    await findConfig("audit"),
    Object.entries(settings).map(([path, value]) => ({ path: path.split("."), value })),
  );
  const run = await RunFolder.create(folder, config);
  await runStages(run, {
    stages: methodStages(writeReport),
    observer: silentObserver,
    signal: new AbortController().signal,
    clock: () => new Date(),
  });
  await run.release();
  const page = await readFile(join(folder, "report", "index.html"), "utf8");
  return { results: await readResults(folder), page };
}
