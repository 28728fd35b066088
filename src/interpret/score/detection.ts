/** Detection: how well an explanation predicts on which excerpts its feature is active. */
import type { FeatureEvidence } from "../evidence/collect-evidence.js";
import { drawOverTenths, drawStretches, EXCERPT_TOKENS, MOST_EXCERPTS, Stretches } from "../evidence/excerpts.js";
import type { Explanation } from "../explain/explainer.js";
import { type Detection, scoreBalancedAccuracy } from "./balanced-accuracy.js";
import type { ScoringOptions } from "./explanation-scores.js";

/**
 * Detection scores (Paulo et al. 2024, "Automatically interpreting millions of features in large
 * language models"): the explainer gets an explanation and excerpts, and predicts on which of them
 * the feature is active. Excerpts are consecutive stretches of 8 tokens: at most 50 active ones,
 * five from each tenth of their highest activation, and the same number of random inactive ones.
 * The control gets the explanation of a random other feature of the same layer. Intervals resample
 * texts, since excerpts of one text depend on each other.
 * @param evidence on texts that no explanation was made from
 * @param explanations of the same features, in the same order
 * @returns per feature its scores, or undefined if fewer than 10 excerpts are active or inactive,
 *   or the explainer gave no answer
 */
export async function scoreDetection(
  evidence: readonly FeatureEvidence[],
  explanations: readonly Explanation[],
  options: ScoringOptions,
): Promise<(Detection | undefined)[]> {
  const { explainer, rng, signal } = options;
  return scoreBalancedAccuracy(
    evidence,
    explanations,
    {
      draw(one) {
        const stretches = new Stretches(one, EXCERPT_TOKENS);
        const drawn = [
          ...drawOverTenths(stretches.firing(), rng),
          ...drawStretches(stretches.silent(), MOST_EXCERPTS, rng),
        ];
        return stretches.excerpts(drawn).map((excerpt) => ({ ...excerpt, truth: excerpt.peak > 0 }));
      },
      tell: (explanation, samples) => explainer.detect(explanation, samples, signal),
    },
    options,
  );
}
