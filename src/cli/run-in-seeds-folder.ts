/** `run` with several seeds: a run for each, then what they come to together. */
import { join, resolve } from "node:path";
import type { Config } from "../config/config.js";
import { runSeeds, seedFolder } from "../pipeline/sweep/seeds.js";
import type { SeveralRunsOptions } from "../pipeline/sweep/several-runs.js";
import { writeSeedsReport } from "../report/write-seeds-report.js";
import { type CommandContext, Interrupted } from "./command.js";
import { summarizeSeeds } from "./summary-of-seeds.js";

/**
 * Runs all seeds and writes the page that compares them.
 * @param shown the folder of all seeds as the user named it
 * @param choice whether to go on with what is there, a stage that is forced, how to deal with the Hub
 * @throws Interrupted when the user stopped it
 */
export async function runInSeedsFolder(
  shown: string,
  config: Config,
  seeds: readonly number[],
  choice: Pick<SeveralRunsOptions, "resume" | "force" | "offline" | "pins">,
  context: CommandContext,
): Promise<void> {
  const { signal, json, print } = context;
  try {
    const [stages, observer] = await Promise.all([context.loadStages(), context.observer()]);
    const results = await runSeeds(shown, config, seeds, {
      stages,
      observer,
      signal,
      clock: () => new Date(),
      ...choice,
    });
    const report = await writeSeedsReport(shown);
    if (json) {
      const folder = resolve(shown);
      const files = { results: join(folder, "seeds.json"), report: resolve(report) };
      const runs = seeds.map((seed) => ({ seed, folder: seedFolder(folder, seed) }));
      print(JSON.stringify({ folder, ...files, runs }, null, 2));
    } else print(`\n${summarizeSeeds(results, report)}`);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Interrupted(`To go on: rewardscope run --resume --seeds ${seeds.join(",")} --out ${shown}`);
  }
}
