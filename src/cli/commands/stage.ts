/** `rewardscope STAGE RUN`: runs one stage in a run folder. */
import { join } from "node:path";
import { parseSetting, resolveConfig } from "../../config/load-config.js";
import { readResumableRecord } from "../../pipeline/run/run-record.js";
import { runOnly } from "../../pipeline/sweep/run-plans.js";
import { answerRun } from "../answers.js";
import { type Command, offlineOption, stoppable } from "../command.js";

/** The options of a stage. */
export interface StageOptions {
  set?: string[];
  force?: boolean;
  offline?: boolean;
}

/** The command of the stage `name`. */
export function stageCommand(name: string): Command<StageOptions> {
  return {
    arguments: [{ syntax: "<run>", description: "a run folder in which all stages that this stage needs are done" }],
    options: [
      { flags: "--set <key=value>", description: "change a setting of the run", repeats: true },
      { flags: "--force", description: "run the stage even if it is up to date" },
      offlineOption,
    ],
    example: `rewardscope ${name} runs/default`,
    async run([run], { set = [], force, offline }, context) {
      const shown = String(run);
      const { signal } = context;
      const { config } = await readResumableRecord(shown);
      const changed = resolveConfig({ source: join(shown, "run.json"), input: config }, set.map(parseSetting));
      const [stages, observer] = await Promise.all([context.loadStages(), context.observer()]);
      const options = { stages, observer, signal, clock: () => new Date(), force: force ? name : undefined, offline };
      const running = runOnly(shown, name, changed, options);
      await stoppable(signal, running, `To continue: rewardscope run --resume --out ${shown}`);
      if (context.json) await answerRun(shown, context);
    },
  };
}
