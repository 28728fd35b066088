/**
 * `rewardscope report RUN`: the stage that writes the report of a run; for the folder of several
 * runs, their common page. It also works in a folder of an older format, in which no stage can run.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { collect } from "../../pipeline/sweep/collect.js";
import { readPlans } from "../../pipeline/sweep/plans-file.js";
import { writeReport } from "../../report/write-report.js";
import { RUN_FORMAT, readRecord } from "../../results/run-record.js";
import { answerRuns } from "../answers.js";
import { type Command, stoppable } from "../command.js";
import { type StageOptions, stageCommand } from "./stage.js";

const stage = stageCommand("report");

export const command: Command<StageOptions> = {
  ...stage,
  arguments: [{ syntax: "<run>", description: "a run folder, or the folder of several runs" }],
  async run(args, options, context) {
    const folder = String(args[0]);
    const { signal } = context;
    const isRun = existsSync(join(folder, "run.json")) || options.set !== undefined;
    if (!isRun && (await readPlans(folder))) {
      const collected = collect(folder, { writeReport, signal });
      const hint = `To continue: rewardscope report ${folder}`;
      return answerRuns(folder, await stoppable(signal, collected, hint), context);
    }
    if ((await readRecord(folder)).format >= RUN_FORMAT) return stage.run(args, options, context);
    const report = await writeReport(folder, { signal });
    context.print(context.json ? JSON.stringify({ folder: resolve(folder), report: resolve(report) }) : report);
  },
};
