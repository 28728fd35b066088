/** `rewardscope run`: all stages, from a preset or a configuration file, into a run folder. */
import { basename, extname, join } from "node:path";
import type { Config } from "../../pipeline/config.js";
import { findConfig, parseSetting, resolveConfig } from "../../pipeline/load-config.js";
import { show } from "../../pipeline/config-issues.js";
import { paperDifferences } from "../../pipeline/paper-difference.js";
import { planStages } from "../../pipeline/plan.js";
import { checkFree, RunFolder } from "../../pipeline/run-folder.js";
import { hashInputs } from "../../pipeline/run-origin.js";
import { readRunRecord } from "../../pipeline/run-record.js";
import { checkStageName } from "../../pipeline/stage.js";
import type { Command, CommandContext } from "../command.js";
import { runInFolder } from "../run-in-folder.js";

interface RunCommandOptions {
  out?: string;
  set?: string[];
  base?: string;
  tuned?: string;
  resume?: boolean;
  force?: string;
  dryRun?: boolean;
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
    { flags: "--base <folder>", description: "with --tuned: study a pair of your own; nothing is tuned" },
    { flags: "--tuned <folder>", description: "with --base: the tuned model of the pair" },
    { flags: "--resume", description: "go on with the run in the folder; only what is not up to date runs" },
    { flags: "--force <stage>", description: "like --resume, but this stage runs again, and all that follow" },
    { flags: "--dry-run", description: "say which stages would run and why; write nothing" },
  ],
  example: "rewardscope run default --out runs/first --set ppo.batches=20",
  async run([target], options, context) {
    const out = options.out ?? join("runs", target === undefined ? "default" : basename(target, extname(target)));
    const resumes = options.resume === true || options.force !== undefined;
    const config = await configOf(target, out, resumes, options);
    checkStageName(await context.loadStages(), config, options.force);
    if (!resumes) await checkFree(out);
    if (options.dryRun) return printPlan(config, out, resumes, options.force, context);
    const folder = resumes ? await RunFolder.open(out, config) : await RunFolder.create(out, config);
    const differences = paperDifferences(config).map(
      ({ path, value, paper }) => `${path} ${show(value)} (${show(paper)})`,
    );
    if (differences.length > 0)
      (await context.observer()).log(`Not the paper's settings (the paper's in brackets): ${differences.join(", ")}`);
    await runInFolder(folder, out, { force: options.force }, context);
  },
};

/** The configuration of the preset or file; that of the run itself where one is continued and none is named. */
async function configOf(
  target: string | undefined,
  out: string,
  resumes: boolean,
  { set = [], base, tuned }: RunCommandOptions,
): Promise<Config> {
  const pair = Object.entries({ base, tuned }).flatMap(([field, value]) =>
    value === undefined ? [] : [{ path: ["model", field], value }],
  );
  const from =
    resumes && target === undefined
      ? { source: join(out, "run.json"), input: (await readRunRecord(out)).config }
      : await findConfig(target ?? "default");
  return resolveConfig(from, [...set.map(parseSetting), ...pair]);
}

async function printPlan(
  config: Config,
  out: string,
  resumes: boolean,
  force: string | undefined,
  { json, print, loadStages }: CommandContext,
): Promise<void> {
  const record = resumes ? await readRunRecord(out) : undefined;
  const [stages, inputs] = [await loadStages(), await hashInputs(config)];
  const plan = planStages({ config, stages, folder: out, record, inputs, force });
  const list = plan.map(({ stage, reason }) => ({ name: stage.name, runs: reason !== undefined, reason }));
  if (json) return print(JSON.stringify({ folder: out, config, stages: list }, null, 2));
  for (const { name, reason } of list)
    print(`${name.padEnd(14)} ${reason === undefined ? "up to date" : `runs: ${reason}`}`);
}
