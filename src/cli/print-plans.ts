/** What `run --dry-run` and `--estimate` say: which stages would run and why, and how long, in one folder or several. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config/config.js";
import type { Estimate } from "../pipeline/estimate/estimate.js";
import { planStages } from "../pipeline/run/plan.js";
import { hashInputs } from "../pipeline/run/run-origin.js";
import { readResumableRecord } from "../pipeline/run/run-record.js";
import type { RunPlan } from "../pipeline/sweep/plans.js";
import { OutputChecks } from "../results/outputs.js";
import { show, valueAt } from "../settings/issues.js";
import { sum } from "../stats/moments.js";
import type { CommandContext } from "./command.js";
import { formatDuration } from "./duration.js";
import { estimateApart } from "./estimate-apart.js";
import type { RequestedRuns } from "./requested-runs.js";

/**
 * @param options a stage that is forced; whether to measure how long the runs will take, about a
 *   minute per configuration
 * @throws as `estimateApart`
 */
export async function printPlans(
  { out, list, inputs, resume }: RequestedRuns,
  options: { force?: string; estimate?: boolean },
  context: CommandContext,
): Promise<void> {
  const { json, print } = context;
  const { log } = await context.observer();
  const absent = inputs.flatMap(({ config, issues }) =>
    issues.map(({ path }) => `${path} ${show(valueAt(config, path.split(".")))}`),
  );
  for (const input of new Set(absent)) log(`Not in the cache of the Hub, a run would download it: ${input}`);
  const estimates = options.estimate ? await measured(inputs, context) : [];
  const stages = await context.loadStages();
  const plan = async (folder: string, { config, pins }: Pick<RunPlan, "config" | "pins">, estimate?: Estimate) => {
    const record = resume && existsSync(join(folder, "run.json")) ? await readResumableRecord(folder) : undefined;
    const damage = record && (await new OutputChecks(folder).damage(record.stages));
    const hashes = await hashInputs(config, pins);
    const planned = planStages({ config, stages, record, damage, inputs: hashes, force: options.force });
    const shown = planned.map(({ stage, reason }) => ({ name: stage.name, runs: reason !== undefined, reason }));
    return { folder, config, stages: shown, estimate };
  };
  const plans = list
    ? await Promise.all(list.plans.map((run, i) => plan(join(out, run.name), run, estimates[i] ?? estimates[0])))
    : [await plan(out, inputs[0], estimates[0])];
  if (json) return print(JSON.stringify(list ? { folder: out, runs: plans } : plans[0], null, 2));
  for (const { folder, config, stages: planned, estimate } of plans) {
    if (list) print(folder);
    if (estimate) for (const line of sizes(config, estimate)) print(line);
    for (const { name, reason } of planned) {
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

/** What each configuration will take, one measured after the other. */
async function measured(inputs: RequestedRuns["inputs"], { signal, observer }: CommandContext): Promise<Estimate[]> {
  const { log } = await observer();
  const estimates: Estimate[] = [];
  for (const { config } of inputs) {
    const onStep = (what: string) => log(`measuring ${inputs.length > 1 ? `${config.model.name}: ` : ""}${what}`);
    estimates.push(await estimateApart(config, { signal, onStep }));
  }
  return estimates;
}

function shownEstimate({ seconds, memoryBytes }: Pick<Estimate, "seconds" | "memoryBytes">): string {
  return `${formatDuration(seconds)}, ${(memoryBytes / 2 ** 30).toFixed(1)} GiB of memory`;
}

/** What there is to do, in the words of the settings. */
function sizes({ model, ppo, corpus, layers, dictionaries, triples, ablation }: Config, estimate: Estimate): string[] {
  const { texts } = corpus;
  const all = sum(Object.values(texts));
  return [
    `model          ${model.base ?? model.name}, ${(estimate.parameters / 1e6).toFixed(1)} million parameters`,
    `texts          at most ${all.toLocaleString("en-US")} of ${corpus.source}`,
    `work           ${ppo.batches} batches of ${ppo.batchSize}, ${layers.choose === "all" ? "all" : layers.count} layers, ` +
      `${dictionaries.epochs} epochs of the autoencoders, ${triples.count} triples, ${ablation.prompts} prompts of the ablation`,
  ];
}
