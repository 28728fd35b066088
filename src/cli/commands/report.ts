/**
 * `rewardscope report RUN`: the stage report; a folder of an older format, in which no stage can
 * run, gets its page too.
 */
import { resolve } from "node:path";
import { writeReport } from "../../report/write-report.js";
import { RUN_FORMAT, readRecord } from "../../results/run-record.js";
import type { Command } from "../command.js";
import { type StageOptions, stageCommand } from "./stage.js";

const stage = stageCommand("report");

export const command: Command<StageOptions> = {
  ...stage,
  async run([run], options, context) {
    const { format } = await readRecord(String(run));
    if (format >= RUN_FORMAT) return stage.run([run], options, context);
    const report = await writeReport(String(run), { signal: context.signal });
    context.print(context.json ? JSON.stringify({ folder: resolve(String(run)), report: resolve(report) }) : report);
  },
};
