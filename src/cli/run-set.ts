/** `run` with a set of presets: a run for each, then the page that puts them beside the paper. */
import { join, resolve } from "node:path";
import { show } from "../config/config-issues.js";
import { parseSetting } from "../config/load-config.js";
import { variationSettings } from "../config/variations.js";
import { ConfigError } from "../errors.js";
import { cachedInputs, fetchInputs, findInputs } from "../pipeline/run/hub-inputs.js";
import { checkStageName } from "../pipeline/run/stage.js";
import {
  checkPresetSetFolder,
  type PresetSetRecord,
  resolvePresetSet,
  runPresetSet,
} from "../pipeline/sweep/preset-sets.js";
import { writeSetReport } from "../report/write-set-report.js";
import { type CommandContext, Interrupted, stoppable } from "./command.js";
import { estimateApart } from "./estimate-apart.js";
import { pinsOfRun } from "./pins-of-run.js";
import { printPlans, type RunToPlan } from "./print-plans.js";

/** The options of `run`. */
export interface RunOptions {
  out?: string;
  set?: string[];
  variation?: string;
  base?: string;
  tuned?: string;
  seeds?: string;
  resume?: boolean;
  force?: string;
  dryRun?: boolean;
  estimate?: boolean;
  offline?: boolean;
}

/**
 * Runs all presets of a set into folders below `--out` and writes the page of the set.
 * @throws ConfigError for options that mean one run, and as `resolvePresetSet`; Interrupted when the user stopped it
 */
export async function runSet(set: string, options: RunOptions, context: CommandContext): Promise<void> {
  const { base, tuned, seeds, variation, force } = options;
  const ofOneRun = Object.entries({ base, tuned, seeds }).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [{ path: `--${name}`, expected: `nothing, since ${set} is several runs`, received: show(value) }],
  );
  if (ofOneRun.length > 0) throw new ConfigError("rewardscope run", ofOneRun);
  const out = options.out ?? join("runs", set);
  const resume = options.resume === true || force !== undefined;
  const settings = [
    ...(variation === undefined ? [] : variationSettings(variation)),
    ...(options.set ?? []).map(parseSetting),
  ];
  await checkPresetSetFolder(out, set, resume);
  const record = await resolvePresetSet(set, settings, resume ? out : undefined);
  const stages = await context.loadStages();
  for (const { config } of record.runs) checkStageName(stages, config, force);
  const { signal, json, print } = context;
  const { offline } = options;
  const plansOnly = options.dryRun || options.estimate;
  const runs = await stoppable(signal, findRuns(record, out, { resume, dryRun: plansOnly, offline, signal }));
  if (plansOnly) return printPlans(await estimated(runs, context), out, { resume, force }, context);
  await stoppable(signal, fetchRuns(set, runs, { offline, signal }, context));
  const pins = Object.fromEntries(runs.map(({ preset, found }) => [preset, found.pins]));
  try {
    const observer = await context.observer();
    const running = { stages, observer, signal, clock: () => new Date(), resume, force, offline };
    await runPresetSet(out, record, running, pins);
    const report = await writeSetReport(out);
    if (json) {
      const made = record.runs.map(({ preset }) => ({ preset, folder: resolve(out, preset) }));
      print(JSON.stringify({ folder: resolve(out), report: resolve(report), runs: made }, null, 2));
    } else print(`\nreport       ${report}`);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Interrupted(`To go on: rewardscope run ${set} --resume --out ${out}`);
  }
}

type RunOfSet = RunToPlan & { preset: string };

/** What each run names on the Hub, one after the other, so that all have the same commit of the same texts. */
async function findRuns(
  { runs }: PresetSetRecord,
  out: string,
  { resume, dryRun, ...hub }: { resume: boolean; dryRun?: boolean; offline?: boolean; signal: AbortSignal },
): Promise<RunOfSet[]> {
  const found: RunOfSet[] = [];
  for (const { preset, config } of runs) {
    const folder = join(out, preset);
    const known = { ...found.at(-1)?.found.pins, ...(await pinsOfRun(folder, resume)) };
    const inputs = dryRun ? cachedInputs(config, known) : findInputs(config, known, hub);
    found.push({ preset, folder, config, found: await inputs });
  }
  return found;
}

/** @throws ConfigError with what is not there, of all runs */
async function fetchRuns(
  set: string,
  runs: readonly RunOfSet[],
  hub: { offline?: boolean; signal: AbortSignal },
  { observer }: CommandContext,
): Promise<void> {
  const issues = runs.flatMap(({ preset, found }) =>
    found.issues.map((issue) => ({ ...issue, path: `${preset}: ${issue.path}` })),
  );
  if (issues.length > 0) throw new ConfigError(`rewardscope run ${set}`, issues);
  const follow = await observer();
  for (const { found } of runs) await fetchInputs(found, follow, hub);
}

/** Each run with what it will take, one measured after the other. */
async function estimated<T extends RunToPlan>(runs: readonly T[], { signal, observer }: CommandContext): Promise<T[]> {
  const { log } = await observer();
  const results: T[] = [];
  for (const run of runs) {
    const onStep = (what: string) => log(`measuring ${run.config.model.name}: ${what}`);
    results.push({ ...run, estimate: await estimateApart(run.config, { signal, onStep }) });
  }
  return results;
}
