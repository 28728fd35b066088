/**
 * `rewardscope run`: runs all stages of a preset or a configuration file, in one run folder or in
 * several within a common folder.
 */
import { paperDifferences } from "../../config/paper-difference.js";
import { paperVariants } from "../../config/paper-variants.js";
import { checkStageName } from "../../pipeline/run/stage.js";
import { collect } from "../../pipeline/sweep/collect.js";
import { runOne, runPlans } from "../../pipeline/sweep/run-plans.js";
import { writeReport } from "../../report/write-report.js";
import { show } from "../../settings/issues.js";
import { trackerNames } from "../../tracking/settings.js";
import { answerRun, answerRuns } from "../answers.js";
import { type Command, offlineOption, stoppable } from "../command.js";
import { pairRevisionOption } from "../model-revision.js";
import { printPlans } from "../print-plans.js";
import { continuation, plansOnly, type RunOptions, requestedRuns } from "../requested-runs.js";

export const command: Command<RunOptions> = {
  arguments: [
    {
      syntax: "[preset|config]",
      description: "a preset, a set of presets (see rewardscope presets), or a YAML or JSON file; default: default",
    },
  ],
  options: [
    {
      flags: "--out <folder>",
      description: "the run folder; default: runs/NAME, where NAME is that of the preset or file",
    },
    {
      flags: "--set <key=value>",
      description: "change a setting, e.g. ppo.batches=20 or corpus=reviews.csv",
      repeats: true,
    },
    {
      // The first is the option's earlier name.
      flags: "--variation, --variant <name>",
      description: `a variant of the paper's method. ${Object.entries(paperVariants)
        .map(([name, { summary }]) => `${name}: ${summary}`)
        .join("; ")}. --set overrides it`,
    },
    {
      flags: "--base <model>",
      description: "with --tuned: the base model of a pair that you tuned; the run tunes nothing",
    },
    { flags: "--tuned <model>", description: "with --base: the tuned model of the pair" },
    pairRevisionOption,
    {
      flags: "--seeds <list>",
      description: "one run per seed, e.g. 1,2,3, in the subfolders seed-1, seed-2, ..., and the spread between them",
    },
    {
      flags: "--track <trackers>",
      description: `curves while the run lasts, for ${trackerNames.join(", ")}, or several with commas; sets tracking.to`,
    },
    { flags: "--resume", description: "continue the run in the folder; stages that are up to date do not run again" },
    { flags: "--force <stage>", description: "like --resume, but this stage runs again, and all that follow" },
    {
      flags: "--dry-run",
      description: "list the stages that would run and why, or all problems; write nothing, make no request",
    },
    {
      flags: "--estimate",
      description: "like --dry-run, and estimate time and memory by measuring for about a minute (per preset of a set)",
    },
    offlineOption,
  ],
  example: "rewardscope run default --out runs/first --set ppo.batches=20",
  async run([target], options, context) {
    const { signal } = context;
    const { force, offline } = options;
    const requested = await stoppable(signal, requestedRuns(target, options, signal));
    const { out, list, inputs, resume } = requested;
    const stages = await context.loadStages();
    for (const { config } of inputs) checkStageName(stages, config, force);
    const observer = await context.observer();
    if (plansOnly(options)) return printPlans(requested, options, context);
    // The presets of a set are the paper's own.
    const differences = list?.kind === "presets" ? [] : paperDifferences(inputs[0].config);
    if (differences.length > 0) {
      const shown = differences.map(({ path, value, paper }) => `${path} ${show(value)} (${show(paper)})`);
      observer.log(`Settings that differ from the paper's (in brackets): ${shown.join(", ")}`);
    }
    // All downloads are done before the first file is written.
    for (const each of inputs) await stoppable(signal, each.download(observer));
    const running = { stages, observer, signal, clock: () => new Date(), resume, force, offline };
    const hint = () => continuation(requested);
    if (!list) {
      await stoppable(signal, runOne(out, inputs[0], running), hint);
      return answerRun(out, context);
    }
    await stoppable(signal, runPlans(out, list, running), hint);
    answerRuns(out, await stoppable(signal, collect(out, { writeReport, signal }), hint), context);
  },
};
