/** Training options of autoencoders from a configuration. */
import type { Config } from "../../config/config.js";
import { dictionaryKind } from "../../config/dictionary-kind.js";
import { trainingOf } from "../../dictionary/training-kinds.js";
import { ConfigError } from "../../errors.js";

/**
 * Training options that are not of the paper. Options that are off are left out, so that
 * checkpoints of earlier versions can be continued.
 */
function laterOptions({ dictionaries }: Config) {
  const { activation, warmup, decay, ramp, auxCoef, start, refit, freeEncoder } = dictionaries;
  return {
    ...(freeEncoder && { freeEncoder }),
    ...(warmup + decay + ramp > 0 && { schedule: { warmup, decay, ramp } }),
    ...(auxCoef > 0 && { auxCoef }),
    ...(start !== "xavier" && { start }),
    // Rescaled features would change which activations are the k largest.
    ...(refit && activation !== "topk" && { refit }),
  };
}

/**
 * The options of `trainAutoencoders` for loss and optimiser.
 * @throws ConfigError when the small dictionary would have no feature, or too few for the kind
 */
export function lossOptions(config: Config, dModel: number) {
  const { dictionaries } = config;
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
  const problem = trainingOf(kind).problem(kind, dSae);
  if (problem)
    throw new ConfigError("rewardscope", [
      {
        path: `dictionaries.${problem.parameter}`,
        expected: `${problem.expected} (number of features of the small dictionary)`,
        received: problem.received,
      },
    ]);
  return { tied, learningRate, reconstruction, kind, ...laterOptions(config) };
}
