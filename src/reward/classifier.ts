/** The reward of the paper's second experiment: the positive logit of a sentiment classifier (Appendix F). */
import { ConfigError, RunError } from "../errors.js";
import type { TextClassifier } from "../model/text-classifier.js";
import type { Reward } from "./reward.js";

/**
 * Reward(s) = the raw logit of the positive class, neither scaled nor clipped. The classifier reads the first 512 tokens.
 * @param label name of the class to reward. Default: of two classes the one whose name says POSITIVE, or else the second
 * @throws ConfigError when there is no such class, or no name is given and the classes are not two; the reward throws RunError
 *   for a logit that is not finite. Its `dispose` frees the classifier.
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
    return fail(`the name of a class, since there are ${labels.length}, not two: ${labels.join(", ")}`, "nothing");
  const positive = labels.filter((name) => /positive/i.test(name));
  return positive.length === 1 ? labels.indexOf(positive[0]) : 1;
}
