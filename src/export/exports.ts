/** What a run can be exported to. A new target is one file and one row of this table. */
import { readdir, rm } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { ConfigError } from "../errors.js";
import { renameSynced, syncAll } from "../io/atomic.js";
import { makeFolder, takenProblem } from "../io/make-folder.js";
import { OutputChecks, refuseDamage } from "../results/outputs.js";
import { readRecord } from "../results/run-record.js";
import { writeDataset } from "./dataset.js";
import { writeDelphi } from "./delphi.js";
import { writeHubModel } from "./hub-model.js";
import { writeNeuronpedia } from "./neuronpedia.js";
import { writeSaedashboard } from "./saedashboard.js";
import { writeSaelens } from "./saelens.js";
import { writeTables } from "./tables.js";
import { writeTensorboard } from "./tensorboard.js";

/** A kind of export. */
export interface ExportTarget {
  /** One line of help. */
  readonly summary: string;
  /**
   * Writes into an existing, empty folder.
   * @throws FormatError when the run lacks what the target needs; names the stage to run
   */
  write(run: string, folder: string): Promise<void>;
}

export const exportTargets = {
  tables: { summary: "every table as CSV, JSON and Parquet", write: writeTables },
  dataset: { summary: "every table as a data set folder for the Hub, with a card", write: writeDataset },
  hub: { summary: "the tuned model as a folder for the Hub, with a model card", write: writeHubModel },
  saelens: { summary: "the dictionaries as SAELens folders, with a card", write: writeSaelens },
  saedashboard: { summary: "the explained features as SAEDashboard batches", write: writeSaedashboard },
  neuronpedia: { summary: "the explained features as an import bundle of Neuronpedia", write: writeNeuronpedia },
  delphi: { summary: "the explained features as latents and explanations of delphi", write: writeDelphi },
  tensorboard: { summary: "the tuning curves and samples as a TensorBoard event file", write: writeTensorboard },
} as const satisfies Readonly<Record<string, ExportTarget>>;

export type ExportName = keyof typeof exportTargets;

/**
 * Exports a run to a folder, which appears whole or not at all.
 * @param out a folder that does not exist, or is empty
 * @returns the names of the files and folders in it
 * @throws ConfigError when `out` holds something; FormatError when `run` is no run folder, a file is not as its
 *   stage left it, or what the target needs is missing; the signal's reason when aborted before the folder appears
 */
export async function exportRun(run: string, name: ExportName, out: string, signal?: AbortSignal): Promise<string[]> {
  const { stages } = await readRecord(run);
  refuseDamage(run, await new OutputChecks(run).damage(stages));
  const target = resolve(out);
  const isInside = `${target}${sep}`.startsWith(`${resolve(run)}${sep}`);
  const problem = isInside ? `${out}, which is in the run` : await takenProblem(out);
  if (problem)
    throw new ConfigError("rewardscope export", [
      { path: "--out", expected: "a folder that does not exist, or is empty", received: problem },
    ]);
  const unfinished = join(dirname(target), `.${basename(target)}.unfinished`);
  await rm(unfinished, { recursive: true, force: true });
  try {
    await makeFolder(unfinished);
    await exportTargets[name].write(run, unfinished);
    signal?.throwIfAborted();
    await syncAll(unfinished);
    await rm(target, { recursive: true, force: true });
    await renameSynced(unfinished, target);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
  return (await readdir(target)).sort();
}
