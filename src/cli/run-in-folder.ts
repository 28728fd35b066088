/** What `run` and the commands of the stages share: run stages in a folder, then tell the reader what came out. */
import { join } from "node:path";
import type { RunFolder } from "../pipeline/run/run-folder.js";
import { type RunOptions, runStages } from "../pipeline/run/runner.js";
import { readResults } from "../results/results.js";
import { type CommandContext, Interrupted } from "./command.js";
import { summarize } from "./summary.js";

/**
 * Runs stages and gives the folder back, whatever happens.
 * @param shown the folder as the user named it
 * @param choice one stage alone, a stage that is forced, how to deal with the Hub
 * @throws Interrupted when the user stopped it
 */
export async function runInFolder(
  folder: RunFolder,
  shown: string,
  choice: Pick<RunOptions, "only" | "force" | "offline" | "pins">,
  context: CommandContext,
): Promise<void> {
  const { signal, json, print } = context;
  try {
    const stages = await context.loadStages();
    const observer = await context.observer();
    await runStages(folder, { stages, observer, signal, clock: () => new Date(), ...choice });
    if (json) {
      const states = Object.entries(folder.record.stages).map(([name, { status, seconds }]) => ({
        name,
        status,
        seconds,
      }));
      const files = { results: join(folder.path, "results.json"), report: join(folder.path, "report", "index.html") };
      print(JSON.stringify({ folder: folder.path, ...files, stages: states }, null, 2));
    } else if (choice.only === undefined) print(`\n${summarize(await readResults(folder.path), shown)}`);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Interrupted(`To go on: rewardscope run --resume --out ${shown}`);
  } finally {
    await folder.release();
  }
}
