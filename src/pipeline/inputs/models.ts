/** The models of a run: before tuning, after tuning, and their tokenizer. */
import { join } from "node:path";
import { assetPath } from "../../assets.js";
import type { Config } from "../../config/config.js";
import type { CausalLm } from "../../model/causal-lm.js";
import type { Tokenizer } from "../../model/language-model.js";
import { loadModel } from "../../model/load.js";
import { locateModel, type ModelFolders } from "../../model/resolve-model.js";
import { StoredModel } from "../../model/stored-model.js";
import { loadTokenizer } from "../../model/tokenizer/tokenizer.js";
import type { ModelRole } from "../../results/results.js";
import type { Reward } from "../../reward/reward.js";
import { rewardKind } from "../../reward/rewards.js";
import { namedLexicon } from "../../text/lexicon.js";

export const modelRoles: readonly ModelRole[] = ["base", "tuned"];

/** Texts per pass of a model where the number affects only speed. */
export const TEXTS_PER_PASS = 32;

/**
 * The base or tuned model of a run, from the user's pair or the run's tuning: a folder, or an id on
 * the Hub.
 */
export function roleName(config: Config, runFolder: string, role: ModelRole): string {
  const { name, base, tuned } = config.model;
  if (role === "base") return (base ?? name) === "embedded" ? assetPath("embedded") : (base ?? name);
  return tuned ?? join(runFolder, "tuned");
}

/** Files from the Hub were downloaded at the beginning of the run. */
const FROM_CACHE = { offline: true };

/** The folders of a run's model. A tuned adapter is merged into the run's base model. */
export function roleFolders(config: Config, runFolder: string, role: ModelRole): Promise<ModelFolders> {
  return locateModel(roleName(config, runFolder, role), { ...adapterBase(config), parts: ["weights"] });
}

/**
 * A model of the run, with its parameters in memory.
 * @throws FormatError as `loadModel`
 */
export function loadRole(config: Config, runFolder: string, role: ModelRole): Promise<CausalLm> {
  return loadModel(roleName(config, runFolder, role), adapterBase(config));
}

export type StoredPair = Readonly<Record<ModelRole, StoredModel>>;

/**
 * Has both models of a run open, of which none is in memory.
 * @throws FormatError as `StoredModel.open`; what `work` throws
 */
export async function withStoredPair<T>(
  config: Config,
  runFolder: string,
  work: (pair: StoredPair) => Promise<T>,
): Promise<T> {
  const open = (role: ModelRole) => StoredModel.open(roleName(config, runFolder, role), adapterBase(config));
  const base = await open("base");
  try {
    const tuned = await open("tuned");
    try {
      return await work({ base, tuned });
    } finally {
      await tuned.close();
    }
  } finally {
    await base.close();
  }
}

function adapterBase(config: Config) {
  return { ...FROM_CACHE, base: roleName(config, "", "base") };
}

/** Both models use the base model's tokenizer. */
export function loadRunTokenizer(config: Config, runFolder: string): Promise<Tokenizer> {
  return loadTokenizer(roleName(config, runFolder, "base"), FROM_CACHE);
}

/**
 * The lexicon of the configuration, for the reward and all stages that need values of words.
 * @throws FormatError that names the line when the file is not a lexicon
 */
export function givenLexicon({ reward: { lexicon } }: Config): Map<string, number> {
  return namedLexicon(lexicon);
}

/** The settings that the reward's values depend on; the timeout is left out. */
export function rewardSettings({ timeoutSeconds: _, ...settings }: Config["reward"]) {
  return settings;
}

/**
 * The reward of the configuration. Dispose of it after use: a classifier takes as much memory as a
 * model, a module has a process.
 * @param signal stops a module at once
 * @throws FormatError when the lexicon, the classifier or the module cannot be used
 * @throws RunError when the module's process ends
 */
export function givenReward({ reward }: Config, signal?: AbortSignal): Promise<Reward> {
  return rewardKind(reward).load(reward, { ...FROM_CACHE, signal });
}
