/** The reward of the paper's second experiment: the positive logit of a sentiment classifier (Appendix F). */
import { z } from "zod";
import { ConfigError, RunError } from "../errors.js";
import { loadClassifier, type TextClassifier } from "../model/text-classifier.js";
import type { CommonRewardSettings, RewardKind } from "./kind.js";
import type { Reward } from "./reward.js";

/**
 * Reward(s) = the raw logit of the positive class, neither scaled nor clipped. The classifier reads
 * the first 512 tokens.
 * @param label name of the class to reward. Default, for two classes: the one whose name contains
 *   POSITIVE, else the second
 * @throws ConfigError when no class has the name, or no name is given and the classes are not two;
 *   the reward throws RunError for a logit that is not finite. Its `dispose` frees the classifier.
 * @see Appendix F of the paper
 */
export function classifierReward(classifier: TextClassifier, { label }: { label?: string } = {}): Reward {
  const column = rewardedClass(classifier.labels, label);
  const reward: Reward = async (texts) => {
    const { dims, data } = await classifier.logits(texts);
    const values = Array.from(texts, (_, row) => data[row * dims[1] + column]);
    const wrong = values.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0)
      throw new RunError(
        `the classifier's logit ${classifier.labels[column]} of text ${wrong} of ${texts.length} is ${values[wrong]}`,
        { help: `The text begins: ${JSON.stringify(texts[wrong].slice(0, 60))}` },
      );
    return values;
  };
  return Object.assign(reward, { dispose: () => classifier.dispose() });
}

/** Index of the class whose logit is the reward. */
export function rewardedClass(labels: readonly string[], label?: string): number {
  const fail = (expected: string, received: string): never => {
    throw new ConfigError("classifierReward", [{ path: "label", expected, received }]);
  };
  if (label !== undefined) {
    const index = labels.indexOf(label);
    return index >= 0 ? index : fail(`a class of the classifier: ${labels.join(", ")}`, label);
  }
  if (labels.length !== 2)
    return fail(`the name of one of the ${labels.length} classes: ${labels.join(", ")}`, "nothing");
  const positive = labels.filter((name) => /positive/i.test(name));
  return positive.length === 1 ? labels.indexOf(positive[0]) : 1;
}

const SENTIMENT =
  "A text is rewarded by a sentiment classifier that was trained to tell positive from negative film reviews: the more surely it takes the text for a positive review, the higher the reward, and the more surely for a negative one, the lower.";

const fields = {
  classifier: z
    .string()
    .min(1)
    .default("lvwerra/distilbert-imdb")
    .describe("For classifier: a DistilBERT for sequence classification (Appendix F)"),
  label: z
    .string()
    .min(1)
    .optional()
    .describe("For classifier: the class whose logit is the reward; default: the positive one of two"),
};

type Settings = CommonRewardSettings & z.output<z.ZodObject<typeof fields>>;

export const classifier: RewardKind<typeof fields, Settings> = {
  summary: "a classifier's logit (Appendix F)",
  fields,
  words: false,
  inputs: (settings) => ({ "reward.classifier": settings.classifier }),
  load: async (settings, options) =>
    classifierReward(await loadClassifier(settings.classifier, options), { label: settings.label }),
  describe: ({ label }) => (label === undefined ? { text: SENTIMENT } : { unknownSince: `reward.label is ${label}` }),
};
