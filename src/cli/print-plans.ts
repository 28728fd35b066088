/** What `run --dry-run` and `--estimate` say: which stages would run and why, and how long, in one folder or several. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config/config.js";
import { show, valueAt } from "../config/config-issues.js";
import type { Estimate } from "../pipeline/estimate/estimate.js";
import type { FoundInputs } from "../pipeline/run/hub-inputs.js";
import { planStages } from "../pipeline/run/plan.js";
import { hashInputs } from "../pipeline/run/run-origin.js";
import { readResumableRecord } from "../pipeline/run/run-record.js";
import type { CommandContext } from "./command.js";
import { formatDuration } from "./duration.js";

export interface RunToPlan {
  folder: string;
  config: Config;
  /** What it names on the Hub, as far as it is known without a request. */
  found: FoundInputs;
  estimate?: Estimate;
}

/**
 * @param parent the folder of several runs, each then stands under its own; undefined for one run
 * @param choice whether to go on with what is there, a stage that is forced
 */
export async function printPlans(
  runs: readonly RunToPlan[],
  parent: string | undefined,
  choice: { resume: boolean; force?: string },
  { json, print, loadStages, observer }: CommandContext,
): Promise<void> {
  const { log } = await observer();
  const absent = runs.flatMap(({ config, found }) =>
    found.issues.map(({ path }) => `${path} ${show(valueAt(config, path.split(".")))}`),
  );
  for (const input of new Set(absent)) log(`Not in the cache of the Hub, a run would download it: ${input}`);
  const stages = await loadStages();
  const plan = async ({ folder, config, found, estimate }: RunToPlan) => {
    const begun = choice.resume && (parent === undefined || existsSync(join(folder, "run.json")));
    const record = begun ? await readResumableRecord(folder) : undefined;
    const inputs = await hashInputs(config, found.pins);
    const list = planStages({ config, stages, folder, record, inputs, force: choice.force });
    const shown = list.map(({ stage, reason }) => ({ name: stage.name, runs: reason !== undefined, reason }));
    return { folder, config, stages: shown, estimate };
  };
  const plans = await Promise.all(runs.map(plan));
  if (json) return print(JSON.stringify(parent === undefined ? plans[0] : { folder: parent, runs: plans }, null, 2));
  for (const { folder, config, stages: list, estimate } of plans) {
    if (parent !== undefined) print(folder);
    if (estimate) for (const line of sizes(config, estimate)) print(line);
    for (const { name, reason } of list) {
      const seconds = estimate?.stages.find((stage) => stage.name === name)?.seconds ?? 0;
      const time = seconds >= 1 ? `, about ${formatDuration(seconds)}` : "";
      print(`${name.padEnd(14)} ${reason === undefined ? "up to date" : `runs: ${reason}${time}`}`);
    }
    if (estimate) print(`${"together".padEnd(14)} about ${shownEstimate(estimate)}`);
  }
  if (plans.length > 1 && plans.every(({ estimate }) => estimate)) {
    const seconds = plans.reduce((sum, { estimate }) => sum + estimate!.seconds, 0);
    const memoryBytes = Math.max(...plans.map(({ estimate }) => estimate!.memoryBytes));
    print(`all ${plans.length} runs     about ${shownEstimate({ seconds, memoryBytes })}`);
  }
}

function shownEstimate({ seconds, memoryBytes }: Pick<Estimate, "seconds" | "memoryBytes">): string {
  return `${formatDuration(seconds)}, ${(memoryBytes / 2 ** 30).toFixed(1)} GiB of memory`;
}

/** What there is to do, in the words of the settings. */
function sizes({ model, ppo, corpus, layers, dictionaries, triples, ablation }: Config, estimate: Estimate): string[] {
  const { texts } = corpus;
  const all = Object.values(texts).reduce((sum, count) => sum + count, 0);
  return [
    `model          ${model.base ?? model.name}, ${(estimate.parameters / 1e6).toFixed(1)} million parameters`,
    `texts          at most ${all.toLocaleString("en-US")} of ${corpus.source}`,
    `work           ${ppo.batches} batches of ${ppo.batchSize}, ${layers.choose === "all" ? "all" : layers.count} layers, ` +
      `${dictionaries.epochs} epochs of the autoencoders, ${triples.count} triples, ${ablation.prompts} prompts of the ablation`,
  ];
}
