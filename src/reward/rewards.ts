/**
 * The kinds of reward by their names in a configuration, and the settings of all. A new kind is one
 * new file, and a line in `rewards` and in `rewardFields`.
 */
import { z } from "zod";
import { classifier } from "./classifier.js";
import { module } from "./module.js";
import { vader } from "./vader.js";

/** Kinds by their names; `module` is named by its file. */
export const rewards = { vader, classifier, module };

/** The name of a kind of reward. */
export type RewardName = keyof typeof rewards;

const named = (Object.keys(rewards) as RewardName[]).filter((name) => name !== "module");

/** The kind of reward of a `reward.name`; undefined for an unknown name. */
export function rewardNamed(name: string): RewardName | undefined {
  return /\.m?js$/.test(name) ? "module" : named.find((known) => known === name);
}

/** The possible values of `reward.name`, in words. */
export const rewardNames = `${named.join(", ")}, or the path of a module (.js, .mjs)`;

/** The fields of a configuration's group `reward` that define the reward. */
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
    .describe(
      "Values of words, for the reward, labels, triples and rank correlations: vader, or a file of word<TAB>value lines",
    ),
  ...classifier.fields,
  ...vader.fields,
  ...module.fields,
};

const schema = z.object(rewardFields);

/** Complete settings of a reward of any kind. */
export interface RewardSettings extends Readonly<z.output<typeof schema>> {}

/**
 * The row of the table for some settings.
 * @param settings parsed by the schema, which rejects unknown names
 */
export function rewardKind({ name }: Pick<RewardSettings, "name">): (typeof rewards)[RewardName] {
  return rewards[rewardNamed(name)!];
}
