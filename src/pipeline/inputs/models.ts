/** The models of a run: before tuning, after tuning, and their tokenizer. */
import { join } from "node:path";
import { assetPath } from "../../assets.js";
import type { Config } from "../../config/config.js";
import type { CausalLm } from "../../model/causal-lm.js";
import type { Tokenizer } from "../../model/language-model.js";
import { loadModel } from "../../model/load.js";
import { resolveModel } from "../../model/resolve-model.js";
import { loadClassifier } from "../../model/text-classifier.js";
import { loadTokenizer } from "../../model/tokenizer/tokenizer.js";
import type { ModelRole } from "../../results/results.js";
import { classifierReward } from "../../reward/classifier.js";
import { moduleReward } from "../../reward/module.js";
import type { Reward } from "../../reward/reward.js";
import { vaderReward } from "../../reward/vader.js";
import { loadLexicon } from "../../text/lexicon.js";

export const modelRoles: readonly ModelRole[] = ["base", "tuned"];

/** Texts that go through a model together where their number changes nothing but speed. */
export const TEXTS_PER_PASS = 32;

/** A model of the run: the user's pair, or the model that was tuned and the outcome; a folder, or an id on the Hub. */
export function roleName(config: Config, runFolder: string, role: ModelRole): string {
  const { name, base, tuned } = config.model;
  if (role === "base") return (base ?? name) === "embedded" ? assetPath("embedded") : (base ?? name);
  return tuned ?? join(runFolder, "tuned");
}

/** What comes from the Hub was downloaded when the run began. */
const FROM_CACHE = { offline: true };

/** The folder of a model of the run. */
export function roleFolder(config: Config, runFolder: string, role: ModelRole): Promise<string> {
  return resolveModel(roleName(config, runFolder, role), { ...FROM_CACHE, parts: ["weights"] });
}

export function loadRole(config: Config, runFolder: string, role: ModelRole): Promise<CausalLm> {
  return loadModel(roleName(config, runFolder, role), FROM_CACHE);
}

/** The base model's tokenizer serves both. */
export function loadRunTokenizer(config: Config, runFolder: string): Promise<Tokenizer> {
  return loadTokenizer(roleName(config, runFolder, "base"), FROM_CACHE);
}

/**
 * The values of words, for the reward and for every stage that asks what a word is worth.
 * @throws FormatError that names the line when the file is no lexicon
 */
export function givenLexicon({ reward: { lexicon } }: Config): Map<string, number> {
  return lexicon === "vader" ? loadLexicon() : loadLexicon(lexicon);
}

/** The settings of a reward that its values depend on: not how long a module may take for them. */
export function rewardSettings({ timeoutSeconds: _, ...settings }: Config["reward"]) {
  return settings;
}

/**
 * The reward that is given: the paper's sum of word values (Eq. 3), its classifier's logit
 * (Appendix F), or the user's module. Dispose of it after use: a classifier takes as much memory as
 * a model, a module has a process.
 * @param signal stops a module at once
 * @throws FormatError when the lexicon, the classifier or the module cannot be used; RunError when
 *   the module's process ends
 */
export async function givenReward(config: Config, signal?: AbortSignal): Promise<Reward> {
  const { name, classifier, label, scale, clip, timeoutSeconds } = config.reward;
  if (name === "classifier") return classifierReward(await loadClassifier(classifier, FROM_CACHE), { label });
  if (name !== "vader") return moduleReward(name, { timeoutSeconds, signal });
  return vaderReward({ lexicon: givenLexicon(config), scale: 1 / scale, clip });
}
