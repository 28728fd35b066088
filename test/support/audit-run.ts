/** Audits of small pairs of models, with every stage and the report. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
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
