/** Labels of features: which properties have features that tuning made more active? */
import { encodersOf } from "../../pipeline/stages/files/dictionary-files.js";
import { byLabel, type Method } from "./method.js";
import { textCodes } from "./text-codes.js";
import { chooseTexts } from "./token-inputs.js";

/** Groups of texts, whose values the interval comes from. */
const GROUPS = 4;

/**
 * The mean of f(tuned) - f(base) over the tokens of the same texts, times the length of the feature's direction, summed over
 * the features with the same label. The paper counts labels (section 4.2); counts are the same for two models that share
 * a dictionary, so changes of the activations stand for them.
 */
export const featureLabels: Method = {
  name: "feature-labels",
  summary: "change of the activations of shared features, by the property that each is labelled with",
  unit: "activation",
  readsFeatures: true,
  async rank(evidence, hypotheses) {
    const { dictionaries, labels } = await evidence.features();
    const lengths = dictionaries.flatMap(({ dictionary: { dIn, dSae, wDec } }) =>
      Array.from({ length: dSae }, (_, f) => Math.hypot(...wDec.subarray(f * dIn, (f + 1) * dIn))),
    );
    const encoders = encodersOf(dictionaries);
    const chosen = chooseTexts(evidence);
    const groups = Array.from({ length: GROUPS }, () => ({ change: new Float64Array(labels.length), tokens: 0 }));
    for (const [model, sign] of [
      [evidence.tuned, 1],
      [evidence.base, -1],
    ] as const)
      for await (const { place, tokens, codes } of textCodes(evidence, model, encoders, chosen)) {
        const group = groups[place % GROUPS];
        if (sign === 1) group.tokens += tokens;
        let first = 0;
        for (const [i, { dSae }] of encoders.entries()) {
          for (const [at, value] of codes[i].entries()) group.change[first + (at % dSae)] += sign * value;
          first += dSae;
        }
      }
    const means = groups.map(({ change, tokens }) => change.map((sum, f) => (sum * lengths[f]) / tokens));
    return byLabel(means, labels, hypotheses.length);
  },
};
