/** Rewards that the user writes: a JavaScript module whose default export values texts. */
import { pathToFileURL } from "node:url";
import { FormatError, RunError } from "../errors.js";
import { messageOf } from "../io/atomic.js";
import { sha256File } from "../io/hash.js";
import type { CommonRewardSettings, RewardKind } from "./kind.js";
import type { Reward } from "./reward.js";

/**
 * The reward of a module (.js, .mjs): its default export, a function that is given texts and gives one number for each, at
 * once or later. What it gives is checked in every call. It runs with the rights of this process.
 * @throws FormatError when the module cannot be read or loaded, or its default export is not a function; the reward throws
 *   RunError that names the module, and the text where one is to blame
 */
export async function moduleReward(path: string): Promise<Reward> {
  const url = pathToFileURL(path);
  // Node keeps modules by their address: a file that changed since is another one.
  url.search = await sha256File(path);
  let module: { default?: unknown };
  try {
    module = await import(url.href);
  } catch (cause) {
    throw new FormatError(path, `cannot be loaded: ${messageOf(cause)}`, { cause });
  }
  const reward = module.default;
  if (typeof reward !== "function") {
    throw new FormatError(path, `expected a function as default export, received ${describe(reward)}`, {
      help: "export default (texts) => texts.map((text) => text.length);",
    });
  }
  return async (texts) => {
    let rewards: unknown;
    try {
      rewards = await reward(texts);
    } catch (cause) {
      throw new RunError(`the reward ${path} failed: ${messageOf(cause)}`, { cause });
    }
    return checked(path, texts, rewards);
  };
}

/** @throws RunError unless there is one finite number for each text */
function checked(path: string, texts: readonly string[], rewards: unknown): number[] {
  if (!Array.isArray(rewards) || rewards.length !== texts.length) {
    const received = Array.isArray(rewards) ? String(rewards.length) : describe(rewards);
    throw new RunError(`the reward ${path}: expected a list of ${texts.length} numbers, received ${received}`);
  }
  const wrong = rewards.findIndex((value) => typeof value !== "number" || !Number.isFinite(value));
  if (wrong >= 0) {
    throw new RunError(
      `the reward ${path}, text ${wrong} of ${texts.length}: expected a finite number, received ${describe(rewards[wrong])}`,
      { help: `The text begins: ${JSON.stringify(texts[wrong].slice(0, 60))}` },
    );
  }
  return rewards;
}

function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  return typeof value === "object" && value !== null ? "an object" : `${typeof value} ${String(value)}`;
}

const fields = {};

export const module: RewardKind<typeof fields, CommonRewardSettings> = {
  summary: "a module that exports texts => numbers",
  fields,
  words: false,
  inputs: ({ name }) => ({ "reward.name": name }),
  load: ({ name }) => moduleReward(name),
  describe: () => ({ unknownSince: "reward.name is a module" }),
};
