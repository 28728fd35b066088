/** The output after runs are done: the paths of the files, and the findings in a few lines. */
import { join, resolve } from "node:path";
import { readRunRecord } from "../pipeline/run/run-record.js";
import type { Collected } from "../pipeline/sweep/collect.js";
import { readResults } from "../results/results.js";
import type { CommandContext } from "./command.js";
import { summarize } from "./summary.js";
import { summarizeSeeds } from "./summary-of-seeds.js";

type Output = Pick<CommandContext, "json" | "print">;

const asJson = (value: unknown) => JSON.stringify(value, null, 2);

/**
 * Prints the result of one run: as JSON its files and the status of its stages, as text its
 * findings.
 * @param shown the run folder as the user named it
 */
export async function answerRun(shown: string, { json, print }: Output): Promise<void> {
  if (!json) return print(`\n${summarize(await readResults(shown), shown)}`);
  const folder = resolve(shown);
  const { stages } = await readRunRecord(folder);
  const states = Object.entries(stages).map(([name, { status, seconds }]) => ({ name, status, seconds }));
  const files = { results: join(folder, "results.json"), report: join(folder, "report", "index.html") };
  print(asJson({ folder, ...files, stages: states }));
}

/**
 * Prints the result of several runs: as JSON their folders and common files, as text the spread
 * over seeds, or the path of the page.
 * @param shown the folder of all runs as the user named it
 */
export function answerRuns(shown: string, { list, seeds, report }: Collected, { json, print }: Output): void {
  if (!json) {
    print(`\n${seeds ? summarizeSeeds(seeds, report) : `report       ${report}`}`);
    return;
  }
  const folder = resolve(shown);
  const results = seeds && { results: join(folder, "seeds.json") };
  const runs = list.plans.map(({ name, config }) => ({
    ...(list.kind === "seeds" ? { seed: config.seed } : { preset: name }),
    folder: join(folder, name),
  }));
  print(asJson({ folder, ...results, report: resolve(report), runs }));
}
