/** Rewards that the user writes: a JavaScript module whose default export values texts. */
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { z } from "zod";
import { RunError } from "../errors.js";
import { unreadable } from "../io/atomic.js";
import type { CommonRewardSettings, RewardKind } from "./kind.js";
import { ModuleProcess } from "./module-process.js";
import type { Reward } from "./reward.js";

export interface ModuleRewardOptions {
  /** Seconds that the module may take to be loaded, and for each 64 texts of a call. Default 60. */
  readonly timeoutSeconds?: number;
  /** Aborting it ends the module at once; what is under way fails with its reason. */
  readonly signal?: AbortSignal;
  /**
   * Is given each line that the module prints, with the module's name before it. Default: standard
   * error.
   */
  readonly print?: (line: string) => void;
}

/**
 * The reward of a module (.js, .mjs): its default export, a function that is given texts and gives
 * one number for each, at once or later. What it gives is checked in every call. It runs in a
 * process of its own, with the rights of this one; one that ended is started anew by the next call.
 * @throws FormatError when the module cannot be read or loaded, or its default export is not a
 *   function
 * @throws RunError when it takes too long or ends its process; in a call also when it throws or
 *   gives anything but one finite number for each text. The message names the module, and the text
 *   where one is to blame. The signal's reason when aborted. `dispose` ends the process.
 */
export async function moduleReward(path: string, options: ModuleRewardOptions = {}): Promise<Reward> {
  await stat(path).catch((cause) => {
    throw unreadable(path, cause);
  });
  const { timeoutSeconds = 60, signal, print = printBesideProgress } = options;
  const prefix = `[${basename(path)}] `;
  const start = () => ModuleProcess.start(path, { timeoutSeconds, signal, print: (line) => print(prefix + line) });
  let running: Promise<ModuleProcess> | undefined = start();
  await running;
  let disposed = false;
  const reward: Reward = async (texts) => {
    if (disposed) throw new RunError(`the reward ${path} was disposed of`);
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

/** Where a bar of progress is drawn, the line takes its place; the next one is drawn below. */
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
