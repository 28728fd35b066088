/** Checks the models of a run before they are used: config.json, headers of weights, classes. */
import type { Config } from "../../config/config.js";
import { checkModel } from "../../model/load.js";
import { resolveModel } from "../../model/resolve-model.js";
import { loadClassifierConfig } from "../../model/sequence-classifier.js";
import { rewardedClass } from "../../reward/classifier.js";

/** Downloads are finished at this point. */
const FROM_CACHE = { offline: true };

/**
 * Checks quickly whether the models of a run can be loaded, and which class of a classifier is the
 * reward.
 * @param config with the commits of ids on the Hub
 * @param named the same with ids as the user wrote them, for messages
 * @returns notes about the models, one line each
 * @throws FormatError that names the file that cannot be used; ConfigError when the rewarded class
 *   of a classifier is ambiguous
 */
export async function checkModels(config: Config, named: Config): Promise<string[]> {
  const { base, tuned, name } = config.model;
  const models = [
    { shown: named.model.base ?? named.model.name, model: base ?? name },
    ...(tuned === undefined ? [] : [{ shown: named.model.tuned ?? tuned, model: tuned }]),
  ];
  const lines: string[] = [];
  for (const { shown, model } of models)
    for (const note of await checkModel(model, { ...FROM_CACHE, base: base ?? name }))
      lines.push(`model ${shown}: ${note}`);
  if (config.reward.name !== "classifier") return lines;
  const folder = await resolveModel(config.reward.classifier, FROM_CACHE);
  const { labels } = (await loadClassifierConfig(folder)).config;
  const column = rewardedClass(labels, config.reward.label, "reward.label");
  return [...lines, `reward: class ${column} '${labels[column]}' of ${named.reward.classifier}`];
}
