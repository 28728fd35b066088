/** `rewardscope run`: all stages, from a preset or a configuration file, into a run folder. */
import { existsSync } from "node:fs";
import { basename, extname, join } from "node:path";
import type { Config } from "../../config/config.js";
import { show } from "../../config/config-issues.js";
import { findConfig, parseSetting, resolveConfig } from "../../config/load-config.js";
import { paperDifferences } from "../../config/paper-difference.js";
import { variationSettings, variations } from "../../config/variations.js";
import type { ConfigIssue } from "../../errors.js";
import { checkModels } from "../../pipeline/inputs/check-models.js";
import {
  cachedInputs,
  type FoundInputs,
  fetchInputs,
  pinConfig,
  resolveConfigAndInputs,
} from "../../pipeline/run/hub-inputs.js";
import { checkFree, RunFolder } from "../../pipeline/run/run-folder.js";
import { readRunRecord } from "../../pipeline/run/run-record.js";
import { checkStageName } from "../../pipeline/run/stage.js";
import { presetSets } from "../../pipeline/sweep/preset-sets.js";
import { checkSeedsFolder, seedFolder } from "../../pipeline/sweep/seeds.js";
import { type Command, offlineOption, stoppable } from "../command.js";
import { estimateApart } from "../estimate-apart.js";
import { pinsOfRun } from "../pins-of-run.js";
import { printPlans } from "../print-plans.js";
import { runInFolder } from "../run-in-folder.js";
import { runInSeedsFolder } from "../run-in-seeds-folder.js";
import { type RunOptions, runSet } from "../run-set.js";
import { parseSeeds } from "../seed-list.js";

export const command: Command<RunOptions> = {
  arguments: [
    {
      syntax: "[preset|config]",
      description: "a preset or a set of them (see rewardscope presets), or a YAML or JSON file; default: default",
    },
  ],
  options: [
    { flags: "--out <folder>", description: "the run folder; default: runs/ and the name of preset or file" },
    {
      flags: "--set <key=value>",
      description: "change a setting, e.g. ppo.batches=20 or corpus=reviews.csv",
      repeats: true,
    },
    {
      flags: "--variation <name>",
      description: `${Object.entries(variations)
        .map(([name, { summary }]) => `${name}: ${summary}`)
        .join("; ")}. --set goes before it`,
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
    {
      flags: "--estimate",
      description:
        "like --dry-run, with time and memory, measured for about a minute (of a set, --dry-run does the same)",
    },
    offlineOption,
  ],
  example: "rewardscope run default --out runs/first --set ppo.batches=20",
  async run([target], options, context) {
    if (target !== undefined && Object.hasOwn(presetSets, target)) return runSet(target, options, context);
    const parsed = options.seeds === undefined ? undefined : parseSeeds(options.seeds);
    const [seeds, wrongSeeds] = Array.isArray(parsed) ? [parsed, []] : [undefined, parsed ? [parsed] : []];
    const name = target === undefined ? "default" : basename(target, extname(target));
    const out = options.out ?? join("runs", parsed ? `${name}-seeds` : name);
    const resumes = options.resume === true || options.force !== undefined;
    if (seeds) await checkSeedsFolder(out, resumes);
    const { signal } = context;
    const begun = seeds ? firstRun(out, seeds) : out;
    const { config, found } = await stoppable(signal, configOf(target, begun, resumes, options, wrongSeeds, signal));
    checkStageName(await context.loadStages(), config, options.force);
    if (!seeds && !resumes) await checkFree(out);
    if (options.dryRun || options.estimate) {
      const { log } = await context.observer();
      // What is not here yet cannot be looked at.
      if (found.issues.length === 0)
        for (const line of await checkModels(pinConfig(config, found.pins), config)) log(line);
      const onStep = (what: string) => log(`measuring ${what}`);
      const estimate = options.estimate ? await estimateApart(config, { signal, onStep }) : undefined;
      const runs = seeds?.map((seed) => ({
        folder: seedFolder(out, seed),
        config: { ...config, seed },
        found,
        estimate,
      }));
      const choice = { resume: resumes, force: options.force };
      return printPlans(runs ?? [{ folder: out, config, found, estimate }], seeds ? out : undefined, choice, context);
    }
    const differences = paperDifferences(config).map(
      ({ path, value, paper }) => `${path} ${show(value)} (${show(paper)})`,
    );
    if (differences.length > 0)
      (await context.observer()).log(`Not the paper's settings (the paper's in brackets): ${differences.join(", ")}`);
    // Before anything is written.
    const hub = { offline: options.offline, signal };
    await stoppable(signal, fetchInputs(found, await context.observer(), hub));
    await checkModels(pinConfig(config, found.pins), config);
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

/**
 * The configuration of the preset or file, or that of the run itself where one is continued and none is named; with what it
 * names on the Hub, of which a dry run asks the cache alone.
 */
async function configOf(
  target: string | undefined,
  out: string,
  resumes: boolean,
  { variation, set = [], base, tuned, seeds, dryRun, estimate, offline }: RunOptions,
  wrongOptions: readonly ConfigIssue[],
  signal: AbortSignal,
): Promise<{ config: Config; found: FoundInputs }> {
  const settings = [...(variation === undefined ? [] : variationSettings(variation)), ...set.map(parseSetting)];
  const seedTwice = settings.flatMap((setting): ConfigIssue[] =>
    seeds !== undefined && "value" in setting && setting.path.join() === "seed"
      ? [{ path: "--set seed", expected: "nothing, since --seeds is given", received: show(setting.value) }]
      : [],
  );
  const pair = Object.entries({ base, tuned }).flatMap(([field, value]) =>
    value === undefined ? [] : [{ path: ["model", field], value }],
  );
  const from =
    resumes && target === undefined
      ? { source: join(out, "run.json"), input: (await readRunRecord(out)).config }
      : await findConfig(target ?? "default");
  const all = [...wrongOptions, ...seedTwice, ...settings, ...pair];
  if (!dryRun && !estimate)
    return resolveConfigAndInputs(from, all, await pinsOfRun(out, resumes), { offline, signal });
  const config = resolveConfig(from, all);
  return { config, found: await cachedInputs(config, await pinsOfRun(out, resumes)) };
}
