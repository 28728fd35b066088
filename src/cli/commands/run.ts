/** `rewardscope run`: all stages, from a preset or a configuration file, into a run folder. */
import { existsSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { ConfigError } from "../../errors.js";
import type { Config } from "../../pipeline/config.js";
import {
  type FoundInputs,
  fetchInputs,
  findInputs,
  type HubPins,
  pinsThatApply,
  resolveConfigAndInputs,
} from "../../pipeline/hub-inputs.js";
import { findConfig, parseSetting, resolveConfig } from "../../pipeline/load-config.js";
import { show } from "../../pipeline/config-issues.js";
import { paperDifferences } from "../../pipeline/paper-difference.js";
import { planStages } from "../../pipeline/plan.js";
import { checkFree, RunFolder } from "../../pipeline/run-folder.js";
import { hashInputs } from "../../pipeline/run-origin.js";
import { type RunRecord, readRunRecord } from "../../pipeline/run-record.js";
import { checkSeedsFolder, seedFolder } from "../../pipeline/seeds.js";
import { checkStageName } from "../../pipeline/stage.js";
import { type Command, type CommandContext, offlineOption, stoppable } from "../command.js";
import { runInFolder } from "../run-in-folder.js";
import { runInSeedsFolder } from "../run-in-seeds-folder.js";
import { parseSeeds } from "../seed-list.js";

interface RunCommandOptions {
  out?: string;
  set?: string[];
  base?: string;
  tuned?: string;
  seeds?: string;
  resume?: boolean;
  force?: string;
  dryRun?: boolean;
  offline?: boolean;
}

export const command: Command<RunCommandOptions> = {
  arguments: [
    {
      syntax: "[preset|config]",
      description: "a preset (see rewardscope presets) or a YAML or JSON file; default: default",
    },
  ],
  options: [
    { flags: "--out <folder>", description: "the run folder; default: runs/ and the name of preset or file" },
    {
      flags: "--set <key=value>",
      description: "change a setting, e.g. ppo.batches=20 or corpus=reviews.csv",
      repeats: true,
    },
    { flags: "--base <model>", description: "with --tuned: study a pair of your own; nothing is tuned" },
    { flags: "--tuned <model>", description: "with --base: the tuned model of the pair" },
    {
      flags: "--seeds <list>",
      description: "one run per seed, e.g. 1,2,3, in seed-1, ... of the folder, and their spread",
    },
    { flags: "--resume", description: "go on with the run in the folder; only what is not up to date runs" },
    { flags: "--force <stage>", description: "like --resume, but this stage runs again, and all that follow" },
    { flags: "--dry-run", description: "say which stages would run and why; write nothing, make no request" },
    offlineOption,
  ],
  example: "rewardscope run default --out runs/first --set ppo.batches=20",
  async run([target], options, context) {
    const seeds = options.seeds === undefined ? undefined : parseSeeds(options.seeds);
    const name = target === undefined ? "default" : basename(target, extname(target));
    const out = options.out ?? join("runs", seeds ? `${name}-seeds` : name);
    const resumes = options.resume === true || options.force !== undefined;
    if (seeds) await checkSeedsFolder(out, resumes);
    const { signal } = context;
    const begun = seeds ? firstRun(out, seeds) : out;
    const { config, found } = await stoppable(signal, configOf(target, begun, resumes, options, signal));
    checkStageName(await context.loadStages(), config, options.force);
    if (!seeds && !resumes) await checkFree(out);
    if (options.dryRun) {
      const { log } = await context.observer();
      for (const { path } of found.issues) log(`Not in the cache of the Hub, a run would download it: ${path}`);
      return printPlans(config, found.pins, out, seeds, resumes, options.force, context);
    }
    const differences = paperDifferences(config).map(
      ({ path, value, paper }) => `${path} ${show(value)} (${show(paper)})`,
    );
    if (differences.length > 0)
      (await context.observer()).log(`Not the paper's settings (the paper's in brackets): ${differences.join(", ")}`);
    // Before anything is written.
    const hub = { offline: options.offline, signal };
    await stoppable(signal, fetchInputs(found, await context.observer(), hub));
    const choice = { force: options.force, offline: options.offline, pins: found.pins };
    if (seeds) return runInSeedsFolder(out, config, seeds, { ...choice, resume: resumes }, context);
    const folder = resumes ? await RunFolder.open(out, config) : await RunFolder.create(out, config);
    await runInFolder(folder, out, choice, context);
  },
};

/** The run whose configuration all seeds share: the first that has begun. */
function firstRun(out: string, seeds: readonly number[]): string {
  const folders = seeds.map((seed) => seedFolder(out, seed));
  return folders.find((folder) => existsSync(join(folder, "run.json"))) ?? folders[0];
}

/** The record of the run that is continued, if it has begun. */
async function recordOf(out: string, resumes: boolean): Promise<RunRecord | undefined> {
  return resumes && existsSync(join(out, "run.json")) ? await readRunRecord(out) : undefined;
}

/**
 * The configuration of the preset or file, or that of the run itself where one is continued and none is named; with what it
 * names on the Hub, of which a dry run asks the cache alone.
 */
async function configOf(
  target: string | undefined,
  out: string,
  resumes: boolean,
  { set = [], base, tuned, seeds, dryRun, offline }: RunCommandOptions,
  signal: AbortSignal,
): Promise<{ config: Config; found: FoundInputs }> {
  const settings = set.map(parseSetting);
  const seed = seeds && settings.find((setting) => "value" in setting && setting.path.join() === "seed");
  if (seed && "value" in seed) {
    const issue = { path: "--set seed", expected: "nothing, since --seeds is given", received: show(seed.value) };
    throw new ConfigError("rewardscope run", [issue]);
  }
  const pair = Object.entries({ base, tuned }).flatMap(([field, value]) =>
    value === undefined ? [] : [{ path: ["model", field], value }],
  );
  const from =
    resumes && target === undefined
      ? { source: join(out, "run.json"), input: (await readRunRecord(out)).config }
      : await findConfig(target ?? "default");
  const known = (await recordOf(out, resumes))?.hub ?? {};
  if (!dryRun) return resolveConfigAndInputs(from, [...settings, ...pair], known, { offline, signal });
  const config = resolveConfig(from, [...settings, ...pair]);
  const found = await findInputs(config, known, { offline: true, signal });
  return { config, found: { ...found, pins: { ...found.pins, ...pinsThatApply(config, known) } } };
}

/** What would run and why, for each seed under its heading. */
async function printPlans(
  config: Config,
  pins: HubPins,
  out: string,
  seeds: readonly number[] | undefined,
  resumes: boolean,
  force: string | undefined,
  { json, print, loadStages }: CommandContext,
): Promise<void> {
  const [stages, inputs] = [await loadStages(), await hashInputs(config, pins)];
  const plan = async (folder: string, own: Config) => {
    const begun = resumes && (!seeds || existsSync(join(folder, "run.json")));
    const record = begun ? await readRunRecord(folder) : undefined;
    const list = planStages({ config: own, stages, folder, record, inputs, force });
    const shown = list.map(({ stage, reason }) => ({ name: stage.name, runs: reason !== undefined, reason }));
    return { folder, config: own, stages: shown };
  };
  const plans = seeds
    ? await Promise.all(seeds.map((seed) => plan(seedFolder(out, seed), { ...config, seed })))
    : [await plan(out, config)];
  if (json) return print(JSON.stringify(seeds ? { folder: out, runs: plans } : plans[0], null, 2));
  for (const { folder, stages: list } of plans) {
    if (seeds) print(folder);
    for (const { name, reason } of list)
      print(`${name.padEnd(14)} ${reason === undefined ? "up to date" : `runs: ${reason}`}`);
  }
}
