/**
 * Which features are explained: the best matched ones of each model's small dictionaries (paper,
 * section 5.2), or, of dictionaries that both models share and that have no larger ones beside
 * them, those that tuning changed most.
 */
import { hasTwoSizes } from "../../config/given-dictionaries.js";
import { encodeTexts, type FeatureChoice, meanCodes, mostChanged } from "../../interpret/index.js";
import type { ModelRole } from "../../results/results.js";
import { loadRole, modelRoles, TEXTS_PER_PASS } from "../inputs/models.js";
import type { StageContext } from "../run/stage.js";
import { encodersOf, type LayerDictionary } from "./files/dictionary-files.js";

/** Said before and in a run without a match. */
export const withoutMatch =
  "dictionaries.from has one dictionary per layer: the stage match is left out, and the features whose mean activation tuning changed most are explained";

/** The features of one layer's dictionary of one model that are explained, in order. */
export interface ChosenFeatures {
  readonly model: ModelRole;
  readonly layer: number;
  readonly top: readonly (FeatureChoice & { feature: number })[];
}

/**
 * @param dictionaries the small ones, by model
 * @param texts of which means are taken, where features are chosen by their change
 */
export async function chooseFeatures(
  context: StageContext,
  dictionaries: Readonly<Record<ModelRole, readonly LayerDictionary[]>>,
  texts: readonly (readonly number[])[],
): Promise<ChosenFeatures[]> {
  const { config, folder, results, progress, signal, log } = context;
  if (hasTwoSizes(config)) return results.match!.pairs;
  log(withoutMatch);
  const sizes = dictionaries.base.map(({ dictionary }) => dictionary.dSae);
  const means: Partial<Record<ModelRole, Float64Array[]>> = {};
  progress.start(modelRoles.length * texts.length, "texts");
  for (const [index, role] of modelRoles.entries()) {
    const model = await loadRole(config, folder, role);
    const onBatch = (done: number) => progress.update(index * texts.length + done);
    const options = { batchSize: TEXTS_PER_PASS, signal, onBatch };
    means[role] = await meanCodes(encodeTexts(model, encodersOf(dictionaries[role]), texts, options), sizes);
    await model.dispose();
  }
  progress.end();
  const { base, tuned } = means as Record<ModelRole, Float64Array[]>;
  const tops = dictionaries.base.map(({ layer }, i) => ({
    layer,
    top: mostChanged(base[i], tuned[i], config.features.topK),
  }));
  return modelRoles.flatMap((model) => tops.map((one) => ({ model, ...one })));
}
