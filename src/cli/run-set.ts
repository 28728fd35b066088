/** `run` with a set of presets: a run for each, then the page that puts them beside the paper. */
import { join, resolve } from "node:path";
import { ConfigError } from "../errors.js";
import { show } from "../pipeline/config-issues.js";
import { parseSetting } from "../pipeline/load-config.js";
import { checkPresetSetFolder, resolvePresetSet, runPresetSet } from "../pipeline/preset-sets.js";
import { checkStageName } from "../pipeline/stage.js";
import { variationSettings } from "../pipeline/variations.js";
import { writeSetReport } from "../report/write-set-report.js";
import { type CommandContext, Interrupted } from "./command.js";
import { printPlans } from "./print-plans.js";

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
  const folders = record.runs.map(({ preset, config }) => ({ folder: join(out, preset), config }));
  if (options.dryRun) return printPlans(folders, out, { resume, force }, context);
  const { signal, json, print } = context;
  try {
    const observer = await context.observer();
    await runPresetSet(out, record, { stages, observer, signal, clock: () => new Date(), resume, force });
    const report = await writeSetReport(out);
    if (json) {
      const runs = record.runs.map(({ preset }) => ({ preset, folder: resolve(out, preset) }));
      print(JSON.stringify({ folder: resolve(out), report: resolve(report), runs }, null, 2));
    } else print(`\nreport       ${report}`);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Interrupted(`To go on: rewardscope run ${set} --resume --out ${out}`);
  }
}
