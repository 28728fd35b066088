/** How a configuration wants autoencoders trained. */
import type { Config } from "../../config/config.js";
import { ConfigError } from "../../errors.js";

/**
 * What is minimised, and how: the options of `trainAutoencoders` that say so.
 * @throws ConfigError when more codes are to be kept than the small dictionary of such a model has
 */
export function lossOptions({ dictionaries }: Config, dModel: number) {
  const { tied, activation, l1Coef, k, learningRate, reconstruction, smallFactor } = dictionaries;
  const features = Math.round(dModel * smallFactor);
  if (activation === "topk" && k > features)
    throw new ConfigError("rewardscope", [
      {
        path: "dictionaries.k",
        expected: `at most ${features}, the features of the small dictionary`,
        received: String(k),
      },
    ]);
  return { tied, learningRate, reconstruction, ...(activation === "topk" ? { k } : { l1Coef }) };
}
