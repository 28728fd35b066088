/** What every comparison of two models' tokens needs. */
import { ShapeError } from "../errors.js";
import type { ModelConfig } from "../model/language-model.js";

/** @throws ShapeError when the models differ in the number of their tokens */
export function requireOneVocabulary(
  base: { readonly config: Pick<ModelConfig, "vocabSize"> },
  tuned: { readonly config: Pick<ModelConfig, "vocabSize"> },
): void {
  if (base.config.vocabSize !== tuned.config.vocabSize)
    throw new ShapeError(
      `base and tuned model must have one vocabulary: base has ${base.config.vocabSize} tokens, tuned ${tuned.config.vocabSize}`,
    );
}
