/** `rewardscope STAGE RUN`: one stage alone on a run folder. */
import { RunFolder } from "../../pipeline/run-folder.js";
import type { Command } from "../command.js";
import { runInFolder } from "../run-in-folder.js";
import { parseSettings } from "../settings.js";
import { resolveConfig } from "../../pipeline/load-config.js";

interface StageOptions {
  set?: string[];
  force?: boolean;
}

/** The command of the stage `name`. */
export function stageCommand(name: string): Command<StageOptions> {
  return {
    arguments: [{ syntax: "<run>", description: "a run folder in which the stages before this one are done" }],
    options: [
      { flags: "--set <key=value>", description: "change a setting of the run", repeats: true },
      { flags: "--force", description: "run it even if it is up to date" },
    ],
    example: `rewardscope ${name} runs/default`,
    async run([run], { set, force }, context) {
      const shown = String(run);
      const folder = await RunFolder.open(shown);
      
    },
  };
}
