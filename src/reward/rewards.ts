/**
 * The kinds of reward by the name that a configuration gives them, and the settings of all. A new
 * kind is a file of its own, and a line in `rewards` and in `rewardFields`.
 */
import { z } from "zod";
import { classifier } from "./classifier.js";
import { module } from "./module.js";
import { vader } from "./vader.js";

/** Kinds by their names, but for modules, which are named by their files. */
export const rewards = { vader, classifier, module };

export type RewardName = keyof typeof rewards;

const named = (Object.keys(rewards) as RewardName[]).filter((name) => name !== "module");

/** The kind of reward that `reward.name` stands for; undefined for a name that is none. */
export function rewardNamed(name: string): RewardName | undefined {
  return /\.m?js$/.test(name) ? "module" : named.find((known) => known === name);
}

/** What may stand at `reward.name`, in words. */
export const rewardNames = `${named.join(", ")}, or the path of a module (.js, .mjs)`;

/** The fields of a configuration's group `reward` that say what the reward is. */
export const rewardFields = {
  name: z
    .string()
    .refine((name) => rewardNamed(name) !== undefined, rewardNames)
    .default("vader")
    .describe(`${named.map((name) => `${name}: ${rewards[name].summary}`).join("; ")}; or ${module.summary}`),
  lexicon: z
    .string()
    .min(1)
    .default("vader")
    .describe("Values of words, for the reward and all that asks for them: vader, or a file of word<TAB>value lines"),
  ...classifier.fields,
  ...vader.fields,
  ...module.fields,
};

const schema = z.object(rewardFields);

/** Complete settings of a reward, whatever its kind. */
export type RewardSettings = Readonly<z.output<typeof schema>>;

/**
 * The row of the table that settings stand for.
 * @param settings as the schema gives them, which refuses every other name
 */
export function rewardKind({ name }: Pick<RewardSettings, "name">): (typeof rewards)[RewardName] {
  return rewards[rewardNamed(name)!];
}
