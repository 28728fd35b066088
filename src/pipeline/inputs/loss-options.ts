/** Training options of autoencoders from a configuration. */
import type { Config } from "../../config/config.js";
import { dictionaryKind } from "../../config/dictionary-kind.js";
import { rowOf } from "../../dictionary/kinds.js";
import { ConfigError } from "../../errors.js";

/**
 * The options of `trainAutoencoders` for the loss and its minimisation.
 * @throws ConfigError when the kind's parameters do not fit the small dictionary of such a model
 */
export function lossOptions({ dictionaries }: Config, dModel: number) {
  const { tied, learningRate, reconstruction, smallFactor } = dictionaries;
  const kind = dictionaryKind(dictionaries);
  const problem = rowOf(kind).training.problem(kind, Math.round(dModel * smallFactor));
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
