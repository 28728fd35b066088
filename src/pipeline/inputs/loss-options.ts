/** How a configuration wants autoencoders trained. */
import type { Config } from "../../config/config.js";
import { dictionaryKind } from "../../config/dictionary-kind.js";
import { rowOf } from "../../dictionary/kinds.js";
import { ConfigError } from "../../errors.js";

/**
 * What is minimised, and how: the options of `trainAutoencoders` that say so.
 * @throws ConfigError when the kind does not fit the features that the small dictionary of such a
 *   model has
 */
export function lossOptions({ dictionaries }: Config, dModel: number) {
  const { tied, learningRate, reconstruction, smallFactor } = dictionaries;
  const kind = dictionaryKind(dictionaries);
  const problem = rowOf(kind).training.problem(kind, Math.round(dModel * smallFactor));
  if (problem)
    throw new ConfigError("rewardscope", [
      {
        path: `dictionaries.${problem.parameter}`,
        expected: `${problem.expected}, the features of the small dictionary`,
        received: problem.received,
      },
    ]);
  return { tied, learningRate, reconstruction, kind };
}
