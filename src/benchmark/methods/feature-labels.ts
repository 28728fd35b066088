/** Labels of features: which properties have features that tuning made more active? */
import { meanCodes } from "../../interpret/index.js";
import type { LanguageModel } from "../../model/language-model.js";
import { encodersOf } from "../../pipeline/stages/files/dictionary-files.js";
import { rowNorms } from "../../sae/row-norms.js";
import { byLabel, groupsOf, type Method } from "./method.js";
import { textCodes } from "./text-codes.js";
import { type ChosenText, chooseTexts } from "./token-inputs.js";

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
    const encoders = encodersOf(dictionaries);
    const sizes = encoders.map(({ dSae }) => dSae);
    const lengths = dictionaries.flatMap(({ dictionary: { dIn, wDec } }) => [...rowNorms(wDec, dIn)]);
    const meansOf = async (model: LanguageModel, texts: readonly ChosenText[]) =>
      (await meanCodes(textCodes(evidence, model, encoders, texts), sizes)).flatMap((means) => [...means]);
    const changes: Float64Array[] = [];
    for (const texts of groupsOf(chooseTexts(evidence), GROUPS)) {
      const [base, tuned] = [await meansOf(evidence.base, texts), await meansOf(evidence.tuned, texts)];
      changes.push(Float64Array.from(lengths, (length, feature) => (tuned[feature] - base[feature]) * length));
    }
    return byLabel(changes, labels, hypotheses.length);
  },
};
