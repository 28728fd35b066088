/** Rewards written by the user: a JavaScript module whose default export scores texts. */
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { z } from "zod";
import { RunError } from "../errors.js";
import { unreadable } from "../io/atomic.js";
import type { CommonRewardSettings, RewardKind } from "./kind.js";
import { ModuleProcess } from "./module-process.js";
import type { Reward } from "./reward.js";

/** How a module is asked for rewards. */
export interface ModuleRewardOptions {
  /** Time limit in seconds for loading the module, and for each 64 texts of a call. Default 60. */
  readonly timeoutSeconds?: number;
  /** The purpose of the module, for messages. Default: the reward. */
  readonly role?: string;
  /** Aborting it ends the module's process at once; pending calls fail with its reason. */
  readonly signal?: AbortSignal;
  /**
   * Called with each line that the module prints, after the module's name. Default: standard error.
   */
  readonly print?: (line: string) => void;
}

/**
 * The reward of a module (.js, .mjs): its default export is a function from a list of texts to a
 * list of numbers, or to a promise of one. Its values are checked in every call. It runs in its own
 * process with the rights of this one; if the process ended, the next call starts a new one.
 * @throws FormatError when the module cannot be read or loaded, or its default export is not a
 *   function
 * @throws RunError when loading takes too long or ends the process. A call throws it also when the
 *   module throws or does not return one finite number per text; the message names the module, and
 *   the text that caused it if known. Throws the signal's reason when aborted. `dispose` ends the
 *   process.
 */
export async function moduleReward(path: string, options: ModuleRewardOptions = {}): Promise<Reward> {
  await stat(path).catch((cause) => {
    throw unreadable(path, cause);
  });
  const { timeoutSeconds = 60, role = "the reward", signal, print = printBesideProgress } = options;
  const prefix = `[${basename(path)}] `;
  const start = () =>
    ModuleProcess.start(path, { timeoutSeconds, role, signal, print: (line) => print(prefix + line) });
  let running: Promise<ModuleProcess> | undefined = start();
  await running;
  let disposed = false;
  const reward: Reward = async (texts) => {
    if (disposed) throw new RunError(`${role} ${path} was disposed of`);
    running ??= start();
    const current = running;
    try {
      return await (await current).value(texts);
    } catch (error) {
      const runs = await current.then((process) => process.runs).catch(() => false);
      if (!runs && running === current) running = undefined;
      throw error;
    }
  };
  return Object.assign(reward, {
    async dispose() {
      disposed = true;
      await running?.then((process) => process.end()).catch(() => {});
    },
  });
}

/** The line replaces a progress bar, which is drawn again below it. */
function printBesideProgress(line: string): void {
  process.stderr.write(`${process.stderr.isTTY ? "\r\u001b[K" : ""}${line}\n`);
}

const fields = {
  timeoutSeconds: z
    .number()
    .positive()
    .default(60)
    .describe("With a module as name: it may take so long to be loaded, and for each 64 texts"),
};

export const module: RewardKind<typeof fields, CommonRewardSettings & { timeoutSeconds: number }> = {
  summary: "a module that exports texts => numbers",
  fields,
  words: false,
  inputs: ({ name }) => ({ "reward.name": name }),
  load: ({ name, timeoutSeconds }, { signal }) => moduleReward(name, { timeoutSeconds, signal }),
  describe: () => ({ unknownSince: "reward.name is a module" }),
};
