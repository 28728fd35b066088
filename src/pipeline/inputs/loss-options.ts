/** Training options of autoencoders from a configuration. */
import type { Config } from "../../config/config.js";
import { dictionaryKind } from "../../config/dictionary-kind.js";
import { rowOf } from "../../dictionary/kinds.js";
import { ConfigError } from "../../errors.js";

/**
 * The options of `trainAutoencoders` that define the loss and the learning rate.
 * @throws ConfigError when the small dictionary would have no feature, or the kind does not fit the
 *   number of features
 */
export function lossOptions({ dictionaries }: Config, dModel: number) {
  const { tied, learningRate, reconstruction, smallFactor } = dictionaries;
  const kind = dictionaryKind(dictionaries);
  const dSae = Math.round(dModel * smallFactor);
  if (dSae < 1)
    throw new ConfigError("rewardscope", [
      {
        path: "dictionaries.smallFactor",
        expected: `one feature at least, of a model of ${dModel} dimensions: ${1 / dModel} or more`,
        received: String(smallFactor),
      },
    ]);
  const problem = rowOf(kind).training.problem(kind, dSae);
  if (problem)
    throw new ConfigError("rewardscope", [
      {
        path: `dictionaries.${problem.parameter}`,
        expected: `${problem.expected} (number of features of the small dictionary)`,
        received: problem.received,
      },
    ]);
  return { tied, learningRate, reconstruction, kind };
}
