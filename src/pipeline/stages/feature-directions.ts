/** Properties of features' directions: logit lens, and the nearest feature of the other model. */
import { nearestFeatures } from "../../compare/index.js";
import { logitLens } from "../../interpret/index.js";
import type { EngineModel } from "../../model/architectures/architecture.js";
import type { Tokenizer } from "../../model/language-model.js";
import type { ExplainedFeatureLine } from "../../results/sections/explain.js";
import type { LayerDictionary } from "./files/dictionary-files.js";

/**
 * Describes features by their directions.
 * @param features of `dictionaries`, the model's small ones
 * @param others the small dictionaries of the other model, of the same layers
 */
export async function describeDirections(
  model: EngineModel,
  features: readonly { layer: number; feature: number }[],
  dictionaries: readonly LayerDictionary[],
  others: readonly LayerDictionary[],
  tokenizer: Tokenizer,
): Promise<Pick<ExplainedFeatureLine, "inOtherModel" | "promoted" | "suppressed">[]> {
  const { dModel } = model.config;
  const ofLayer = new Map(
    dictionaries.map(({ layer, dictionary }, i) => {
      const { cosines, partners } = nearestFeatures(dictionary, others[i].dictionary);
      return [layer, { dictionary, cosines, partners }];
    }),
  );
  const directions = new Float32Array(features.length * dModel);
  features.forEach(({ layer, feature }, i) => {
    directions.set(ofLayer.get(layer)!.dictionary.wDec.subarray(feature * dModel, (feature + 1) * dModel), i * dModel);
  });
  const lens = await logitLens(
    model,
    { dims: [features.length, dModel], data: directions },
    { vocabSize: tokenizer.vocabSize },
  );
  const named = (list: readonly { id: number; logit: number }[]) =>
    list.map(({ id, logit }) => ({ token: tokenizer.tokenText(id), logit }));
  return features.map(({ layer, feature }, i) => {
    const { cosines, partners } = ofLayer.get(layer)!;
    return {
      inOtherModel: { feature: partners[feature], cosine: cosines[feature] },
      promoted: named(lens[i].promoted),
      suppressed: named(lens[i].suppressed),
    };
  });
}
