/**
 * The output of `run --dry-run` and `--estimate` for one or several runs: which stages would run
 * and why, and the estimated time.
 */
import { join } from "node:path";
import type { Config } from "../config/config.js";
import { givenLayers } from "../config/given-dictionaries.js";
import type { Estimate } from "../pipeline/estimate/estimate.js";
import { preflight } from "../pipeline/preflight/preflight.js";
import { begunRecord, planRun } from "../pipeline/run/plan-run.js";
import { show, valueAt } from "../settings/issues.js";
import { sum } from "../stats/moments.js";
import type { CommandContext } from "./command.js";
import { formatDuration } from "./duration.js";
import { estimateApart } from "./estimate-apart.js";
import type { RequestedRuns } from "./requested-runs.js";

/**
 * @param options a stage that is forced; whether to measure how long the runs will take, about a
 *   minute per configuration
 * @throws ConfigError with all problems that would end a run before its first stage, except those
 *   that only a request can show; as `estimateApart`
 */
export async function printPlans(
  { out, list, inputs, resume }: RequestedRuns,
  options: { force?: string; estimate?: boolean },
  context: CommandContext,
): Promise<void> {
  const { json, print, signal } = context;
  const { log } = await context.observer();
  const absent = inputs.flatMap(({ config, issues }) =>
    issues.map(({ path }) => `${path} ${show(valueAt(config, path.split(".")))}`),
  );
  for (const input of new Set(absent)) log(`Not in the cache of the Hub, a run would download it: ${input}`);
  const stages = await context.loadStages();
  const runs = list
    ? list.plans.map((run, i) => ({ ...run, folder: join(out, run.name), input: Math.min(i, inputs.length - 1) }))
    : [{ ...inputs[0], name: out, folder: out, input: 0 }];
  const plannedRuns = await Promise.all(
    runs.map(async ({ name, folder, config, pins, input }) => {
      const record = await begunRecord(folder, resume);
      const all = await planRun(folder, { config, pins, record }, { stages, force: options.force });
      return { name, folder, config, pins, input, all };
    }),
  );
  await preflight(
    plannedRuns.map(({ all, input, ...run }) => ({
      ...run,
      stages: all.filter(({ reason }) => reason !== undefined).map(({ stage }) => stage),
      absent: inputs[input].issues.map(({ path }) => path),
    })),
    { planOnly: true, signal, log },
  );
  const estimates = options.estimate ? await measured(inputs, context) : [];
  const plans = plannedRuns.map(({ folder, config, input, all }) => ({
    folder,
    config,
    stages: all.map(({ stage, reason }) => ({ name: stage.name, runs: reason !== undefined, reason })),
    estimate: estimates[input],
  }));
  if (json) return print(JSON.stringify(list ? { folder: out, runs: plans } : plans[0], null, 2));
  for (const { folder, config, stages: planned, estimate } of plans) {
    if (list) print(folder);
    if (estimate) for (const line of sizes(config, estimate)) print(line);
    for (const { name, reason } of planned) {
      const seconds = estimate?.stages.find((stage) => stage.name === name)?.seconds ?? 0;
      const time = seconds >= 1 ? `, about ${formatDuration(seconds)}` : "";
      print(`${name.padEnd(15)} ${reason === undefined ? "up to date" : `runs: ${reason}${time}`}`);
    }
    if (estimate) print(`${"together".padEnd(15)} about ${shownEstimate(estimate)}`);
  }
  if (plans.length > 1 && plans.every(({ estimate }) => estimate)) {
    const seconds = plans.reduce((sum, { estimate }) => sum + estimate!.seconds, 0);
    const memoryBytes = Math.max(...plans.map(({ estimate }) => estimate!.memoryBytes));
    print(`all ${plans.length} runs     about ${shownEstimate({ seconds, memoryBytes })}`);
  }
}

/** The estimate of each configuration, measured one after the other. */
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

/** The amount of work, in terms of the settings. */
function sizes(config: Config, estimate: Estimate): string[] {
  const { model, ppo, corpus, layers, dictionaries, triples, ablation } = config;
  const { texts } = corpus;
  const given = givenLayers(config);
  const analysed = given ? given.length : layers.choose === "all" ? "all" : layers.count;
  const autoencoders = given ? "given autoencoders" : `${dictionaries.epochs} epochs of the autoencoders`;
  const all = sum(Object.values(texts));
  return [
    `model          ${model.base ?? model.name}, ${(estimate.parameters / 1e6).toFixed(1)} million parameters`,
    `texts          at most ${all.toLocaleString("en-US")} of ${corpus.source}`,
    `work           ${ppo.batches} batches of ${ppo.batchSize}, ${analysed} layers, ` +
      `${autoencoders}, ${triples.count} triples, ${ablation.prompts} prompts of the ablation`,
  ];
}
