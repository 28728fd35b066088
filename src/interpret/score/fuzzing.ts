/**
 * Fuzzing: how well an explanation predicts at which tokens of an excerpt its feature is active.
 */
import type { Rng } from "../../rng.js";
import type { FeatureEvidence } from "../evidence/collect-evidence.js";
import {
  type CodedExcerpt,
  drawOverTenths,
  EXCERPT_TOKENS,
  type MarkedExcerpt,
  Stretches,
} from "../evidence/excerpts.js";
import type { Explanation } from "../explain/explainer.js";
import { type Detection, type Sample, scoreBalancedAccuracy } from "./balanced-accuracy.js";
import type { ScoringOptions } from "./explanation-scores.js";

/**
 * Fuzzing scores (Paulo et al. 2024): the explainer gets an explanation and excerpts with marked
 * tokens, and predicts in which excerpts the feature is active at the marks. The feature is active
 * somewhere in every excerpt, so only the position matters; the original takes wrongly marked
 * excerpts from texts where the feature is inactive, which detection measures already.
 * Excerpts as in `scoreDetection`, at most 50, five from each tenth of their highest activation,
 * without those that are active at every token. A random half is marked correctly, at the tokens of
 * highest activation, the others at random inactive tokens. The number of marks is that of the
 * rarer kind of token, so that it gives no hint. Control and intervals as in `scoreDetection`.
 * @returns per feature its scores, or undefined if either kind has fewer than 10 excerpts, or the
 *   explainer gave no answer
 */
export async function scoreFuzzing(
  evidence: readonly FeatureEvidence[],
  explanations: readonly Explanation[],
  options: ScoringOptions,
): Promise<(Detection | undefined)[]> {
  const { explainer, rng, signal } = options;
  return scoreBalancedAccuracy(
    evidence,
    explanations,
    {
      draw: (one) => drawMarked(one, rng),
      tell: (explanation, samples) => explainer.fuzz(explanation, samples, signal),
    },
    options,
  );
}

type MarkedSample = MarkedExcerpt & Sample;

function drawMarked(evidence: FeatureEvidence, rng: Rng): MarkedSample[] {
  const stretches = new Stretches(evidence, EXCERPT_TOKENS);
  const mixed = stretches.firing().filter((stretch) => stretches.active[stretch] < stretches.length);
  const drawn = rng.shuffle(drawOverTenths(mixed, rng));
  return stretches.excerpts(drawn).map((excerpt, i) => marked(excerpt, i % 2 === 0, rng));
}

function marked({ codes, ...excerpt }: CodedExcerpt, rightly: boolean, rng: Rng): MarkedSample {
  const places = [...codes.keys()];
  const firing = places.filter((t) => codes[t] > 0).sort((a, b) => codes[b] - codes[a] || a - b);
  const silent = rng.shuffle(places.filter((t) => codes[t] === 0));
  const count = Math.min(firing.length, silent.length);
  const chosen = (rightly ? firing : silent).slice(0, count).sort((a, b) => a - b);
  return { text: excerpt.text, start: excerpt.start, tokens: excerpt.tokens, marked: chosen, truth: rightly };
}
