/**
 * `rewardscope report RUN`: the stage that writes the report of a run; of several runs, what they
 * have in common.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { collect } from "../../pipeline/sweep/collect.js";
import { readPlans } from "../../pipeline/sweep/plans-file.js";
import { writeReport } from "../../report/write-report.js";
import { answerRuns } from "../answers.js";
import { type Command, stoppable } from "../command.js";
import { type StageOptions, stageCommand } from "./stage.js";

const stage = stageCommand("report");

export const command: Command<StageOptions> = {
  ...stage,
  arguments: [{ syntax: "<run>", description: "a run folder; or the folder of several runs, wherever they were made" }],
  async run(args, options, context) {
    const folder = String(args[0]);
    const isRun = existsSync(join(folder, "run.json")) || options.set !== undefined;
    if (isRun || !(await readPlans(folder))) return stage.run(args, options, context);
    const { signal } = context;
    const collected = collect(folder, { writeReport, signal });
    answerRuns(folder, await stoppable(signal, collected, `To go on: rewardscope report ${folder}`), context);
  },
};
