/**
 * `rewardscope carry`: runs the stage in a run folder; or, for any pair of models, this stage and
 * the report in a new run folder, in which `run --resume` runs the other stages.
 */
import { ConfigError } from "../../errors.js";
import { runOne } from "../../pipeline/sweep/run-plans.js";
import { answerRun } from "../answers.js";
import { type Command, stoppable } from "../command.js";
import { pairRevisionOption } from "../model-revision.js";
import { continuation, requestedRuns } from "../requested-runs.js";
import { type StageOptions, stageCommand } from "./stage.js";

interface CarryOptions extends StageOptions {
  base?: string;
  tuned?: string;
  revision?: string;
  out?: string;
}

/** Stages for a pair; `tune` does nothing for a given pair. */
const STAGES = ["tune", "carry", "report"];

const stage = stageCommand("carry");

export const command: Command<CarryOptions> = {
  ...stage,
  arguments: [{ syntax: "[run]", description: "a run folder whose model is tuned; without one, --base and --tuned" }],
  options: [
    { flags: "--base <model>", description: "with --tuned: the base model of a pair, in a run folder of its own" },
    { flags: "--tuned <model>", description: "with --base: the tuned model of the pair" },
    pairRevisionOption,
    { flags: "--out <folder>", description: "the run folder of the pair; default: runs/carry" },
    ...stage.options,
  ],
  async run([run], options, context) {
    const { base, tuned, revision, out = "runs/carry", set, force, offline } = options;
    const isPair = [base, tuned, revision, options.out].some((given) => given !== undefined);
    if (run !== undefined && isPair)
      throw new ConfigError("rewardscope carry", [
        { path: "run", expected: "no run folder, since a pair is named", received: run },
      ]);
    if (run !== undefined) return stage.run([run], { set, force, offline }, context);
    if (base === undefined || tuned === undefined)
      throw new ConfigError("rewardscope carry", [
        { path: "run", expected: "a run folder, or --base and --tuned", received: "neither" },
      ]);
    const { signal } = context;
    const { inputs } = await stoppable(
      signal,
      requestedRuns(undefined, { base, tuned, revision, out, set, offline }, signal),
    );
    const all = await context.loadStages();
    const stages = all
      .filter(({ name }) => STAGES.includes(name))
      .map((one) => ({ ...one, needs: one.needs.filter((need) => STAGES.includes(need)) }));
    const observer = await context.observer();
    await stoppable(signal, inputs[0].download(observer));
    const running = { stages, observer, signal, clock: () => new Date(), offline };
    await stoppable(signal, runOne(out, inputs[0], running), () =>
      continuation({ out, goOn: `rewardscope carry ${out}` }),
    );
    return answerRun(out, context);
  },
};
