/**
 * The reward of the paper's second experiment: the positive logit of a sentiment classifier
 * (Appendix F).
 */
import { z } from "zod";
import { ConfigError, RunError } from "../errors.js";
import { shown, shownList, shownName } from "../io/shown-value.js";
import { loadClassifier, type TextClassifier } from "../model/text-classifier.js";
import type { CommonRewardSettings, RewardKind } from "./kind.js";
import type { Reward } from "./reward.js";

/**
 * Reward(s) = the raw logit of the positive class, neither scaled nor clipped. The classifier reads
 * the first 512 tokens.
 * @param label name of the rewarded class. Default: the positive one of POSITIVE and NEGATIVE, or
 *   POS and NEG
 * @throws ConfigError as `rewardedClass`. The reward throws RunError for a logit that is not
 *   finite; its `dispose` frees the classifier
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

/** Pairs of class names, in any case, of which the positive one is known. */
const KNOWN_PAIRS = [
  { positive: "positive", negative: "negative" },
  { positive: "pos", negative: "neg" },
] as const;

/**
 * Index of the class whose logit is the reward. Without a label, only known names are accepted,
 * since a wrong guess would reward the opposite.
 * @param setting name of the label's setting, for errors
 * @throws ConfigError that lists the classes when the class does not exist, or no label is given
 *   and the names are not known
 */
export function rewardedClass(labels: readonly string[], label?: string, setting = "label"): number {
  const classes = shownList(
    labels.map((name, id) => `${id} ${shownName(name)}`),
    MOST_CLASSES,
  );
  const fail = (expected: string, received: string): never => {
    throw new ConfigError("classifier as reward", [{ path: setting, expected, received }]);
  };
  if (label !== undefined) {
    const index = labels.indexOf(label);
    if (index < 0) return fail(`a class of the classifier (${classes})`, shown(label));
    if (labels.lastIndexOf(label) !== index)
      return fail(`a class that is there once (${classes})`, `${shown(label)}, of which there are several`);
    return index;
  }
  const names = labels.map((name) => name.trim().toLowerCase());
  const pair = KNOWN_PAIRS.find(
    ({ positive, negative }) => names.length === 2 && names.includes(positive) && names.includes(negative),
  );
  if (!pair) return fail(`the name of the class to reward, since its classes do not tell (${classes})`, "nothing");
  return names.indexOf(pair.positive);
}

const SENTIMENT =
  "A text is rewarded by a sentiment classifier that was trained to tell positive from negative film reviews: the more surely it takes the text for a positive review, the higher the reward, and the more surely for a negative one, the lower.";

const fields = {
  classifier: z
    .string()
    .min(1)
    .default("lvwerra/distilbert-imdb")
    .describe("For classifier: a model for sequence classification; the paper has a DistilBERT (Appendix F)"),
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
/** Maximal number of classes listed in an error. */
const MOST_CLASSES = 20;
