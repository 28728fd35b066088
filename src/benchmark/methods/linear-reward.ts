/** Linear models of the reward by activations, after the paper's R (section 4.3). */
import { mean } from "../../stats/moments.js";
import { contrasts } from "./marked-tokens.js";
import type { Method } from "./method.js";
import { predictOutOfFold, tokenInputs } from "./token-inputs.js";

/**
 * Fits the tuned model's activations to the log-ratios of the tokens, which need no reward. Hypotheses are
 * valued by the predictions where the property is against where it is not.
 */
export const rOnLogRatios: Method = {
  name: "r-on-log-ratios",
  summary: "a linear model of log-ratios by the tuned model's activations, on texts that it was not fitted to",
  unit: "standard errors",
  async rank(evidence, hypotheses) {
    const { texts, signal } = evidence;
    const { chosen, inputs } = await tokenInputs(evidence, "tuned");
    const targets = chosen.map((i) => {
      const centre = mean(texts[i].logRatios);
      return texts[i].logRatios.map((value) => value - centre);
    });
    return contrasts(evidence, hypotheses, chosen, predictOutOfFold(inputs, targets, signal));
  },
};

/**
 * Fits each model's activations to VADER's values of the words, and values hypotheses by how much more the
 * tuned model's predictions rise with the property than the base model's. This is the question that the paper asks of R,
 * for one who takes sentiment for the reward; R itself is fitted to contrastive triples of texts, and reads
 * dictionaries' features.
 */
export const rOnVader: Method = {
  name: "r-on-vader",
  summary: "a linear model of VADER's values by activations, tuned less base model: sentiment taken for the reward",
  unit: "standard errors",
  async rank(evidence, hypotheses) {
    const { texts, words, signal } = evidence;
    const [ofTuned, ofBase] = [await tokenInputs(evidence, "tuned"), await tokenInputs(evidence, "base")];
    const { chosen } = ofTuned;
    const targets = chosen.map((i) => words.valences(texts[i].ids));
    const [tuned, base] = [ofTuned, ofBase].map(({ inputs }) => predictOutOfFold(inputs, targets, signal));
    const differences = tuned.map((values, text) => values.map((value, t) => value - base[text][t]));
    return contrasts(evidence, hypotheses, chosen, differences);
  },
};
