/** Detection: whether one can tell from an explanation alone on which excerpts its feature fires. */

import type { Interval, Resampling } from "../../stats/interval.js";
import type { FeatureEvidence } from "../evidence/collect-evidence.js";
import {
  balancedAccuracy,
  drawOverTenths,
  drawStretches,
  EXCERPT_TOKENS,
  MOST_EXCERPTS,
  Stretches,
} from "../evidence/excerpts.js";
import type { Explanation } from "../explain/explainer.js";
import {
  accuracies,
  countsOf,
  type Detection,
  enough,
  judgeExplanations,
  type ScoreSummary,
  type ScoringOptions,
  summariseScores,
} from "./explanation-scores.js";

/** Detection or fuzzing scores of many explanations: means, with intervals over features. */
export interface DetectionSummary extends Omit<ScoreSummary, "own"> {
  balancedAccuracy: Interval;
}

/**
 * Detection scores (Paulo et al. 2024, "Automatically interpreting millions of features in large language models"): the explainer
 * is given an explanation and excerpts, and says on which of them the feature fires. Excerpts are consecutive
 * stretches of 8 tokens; at most 50 with a code above 0, five from each tenth of their highest code, and
 * as many random ones without any. The control hears the explanation of a random other feature of the same layer.
 * Intervals resample texts, since excerpts of one text depend on each other.
 * @param evidence on texts that made no explanation
 * @param explanations of the same features, in the same order
 * @returns per feature its scores, or undefined where fewer than 10 excerpts fire or are silent, or the explainer gave no answer
 */
export async function scoreDetection(
  evidence: readonly FeatureEvidence[],
  explanations: readonly Explanation[],
  options: ScoringOptions,
): Promise<(Detection | undefined)[]> {
  const { explainer, rng, resamples, signal } = options;
  const judged = await judgeExplanations(
    evidence,
    explanations,
    {
      draw(one) {
        const stretches = new Stretches(one, EXCERPT_TOKENS);
        const drawn = [
          ...drawOverTenths(stretches.firing(), rng),
          ...drawStretches(stretches.silent(), MOST_EXCERPTS, rng),
        ];
        return enough(stretches.excerpts(drawn).map((excerpt) => ({ ...excerpt, truth: excerpt.peak > 0 })));
      },
      tell: (explanation, samples) => explainer.detect(explanation, samples, signal),
      judge: (samples, told) => balancedAccuracy(samples, told, { rng, resamples }),
    },
    options,
  );
  return judged.map((one) => one && { ...accuracies(one), ...countsOf(one.sample) });
}

/** Means over the features that could be scored; n = 0 where none could. */
export function summariseDetection(
  scores: readonly (Detection | undefined)[],
  resampling: Resampling,
): DetectionSummary {
  const { explained, scored, own, control, difference } = summariseScores(
    scores.map((score) => score && { own: score.balancedAccuracy.value, control: score.control?.value }),
    resampling,
  );
  return { explained, scored, balancedAccuracy: own, control, difference };
}
