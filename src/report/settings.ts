/** Settings of a run in run.json, as text. */
import { isObject } from "../io/json-object.js";
import { type PaperModel, paperModelOf } from "../paper/published.js";
import type { RunData } from "../results/read-run.js";

/**
 * All settings by path, such as `ppo.batchSize`, in the order of the configuration. Two numbers of
 * tokens are a range.
 */
export function flatSettings(config: Readonly<Record<string, unknown>>, prefix = ""): [path: string, value: string][] {
  return Object.entries(config).flatMap(([name, value]): [string, string][] => {
    const path = prefix + name;
    if (isObject(value)) return flatSettings(value, `${path}.`);
    return [[path, Array.isArray(value) ? value.join(name.endsWith("Tokens") ? " to " : ", ") : String(value)]];
  });
}

/** One setting as text; undefined when the configuration does not have the path. */
export function setting({ record }: Pick<RunData, "record">, path: string): string | undefined {
  return flatSettings(record.config).find(([name]) => name === path)?.[1];
}

/** The base model as the configuration names it; undefined in a configuration without one. */
export const baseModel = (run: Pick<RunData, "record">): string | undefined =>
  setting(run, "model.base") ?? setting(run, "model.name");

/** The tuned model's name: the last part of an id or folder, or of both for a given pair. */
export function modelName(run: Pick<RunData, "record">): string {
  const base = setting(run, "model.base");
  const tuned = setting(run, "model.tuned");
  if (base && tuned) return `${lastPart(base)} → ${lastPart(tuned)}`;
  const name = setting(run, "model.name") ?? "model";
  return name === "embedded" ? "Embedded model" : lastPart(name);
}

/**
 * The reward in words: VADER's, that of another lexicon, a classifier, or a module, by the name of
 * their files.
 */
export function rewardName(run: Pick<RunData, "record">): string {
  const name = setting(run, "reward.name") ?? "a reward";
  const lexicon = setting(run, "reward.lexicon") ?? "vader";
  if (name === "classifier") return `the classifier ${lastPart(setting(run, "reward.classifier") ?? "")}`;
  if (name !== "vader") return lastPart(name);
  return lexicon === "vader" ? "VADER sentiment" : `the lexicon ${lastPart(lexicon)}`;
}

function lastPart(path: string): string {
  return path
    .replace(/[\\/]+$/, "")
    .split(/[\\/]/)
    .pop()!;
}

/** The paper's model that was tuned, if it was one. */
export function samePaperModel(run: RunData): PaperModel | undefined {
  return paperModelOf(baseModel(run) ?? "");
}
