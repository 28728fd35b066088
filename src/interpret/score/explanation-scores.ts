/** Scores of explanations, each in comparison with the explanation of another feature. */
import type { Rng } from "../../rng.js";
import { type Interval, meanInterval, type Resampling } from "../../stats/interval.js";
import type { FeatureEvidence } from "../evidence/collect-evidence.js";
import type { Explainer, Explanation } from "../explain/explainer.js";
import { settleAll } from "../settle-all.js";

export interface ScoringOptions extends Resampling {
  explainer: Explainer;
  signal?: AbortSignal;
  /** Called after each feature. */
  onFeature?: (done: number, total: number) => void;
}

/** The definition of a score. */
interface Scoring<Sample, Told> {
  /** The samples of a feature; undefined if the feature does not have enough. */
  draw(evidence: FeatureEvidence, rng: Rng): Sample | undefined;
  /** The predictions from an explanation; undefined when the explainer gives no usable answer. */
  tell(explanation: Explanation, sample: Sample): Promise<Told | undefined>;
  /** The score of the predictions. */
  judge(sample: Sample, told: Told): Interval;
}

/**
 * The score of one explanation, and of another feature's explanation on the same samples, if the
 * layer has another.
 */
export interface JudgedExplanation<Sample> {
  sample: Sample;
  own: Interval;
  control?: Interval;
}

/** Means of a score, with intervals over features. */
export interface ScoreSummary {
  /** Numbers of features with an explanation, and of those with a score. */
  explained: number;
  scored: number;
  own: Interval;
  control: Interval;
  /** Own score - control, paired over the features that have both. */
  difference: Interval;
}

/**
 * Scores every explanation in sequence; the control is the explanation of a random other feature of
 * the layer.
 */
export async function judgeExplanations<Sample, Told>(
  evidence: readonly FeatureEvidence[],
  explanations: readonly Explanation[],
  { draw, tell, judge }: Scoring<Sample, Told>,
  { rng, signal, onFeature }: ScoringOptions,
): Promise<(JudgedExplanation<Sample> | undefined)[]> {
  const partners = otherOfLayer(evidence, rng);
  const scores: (JudgedExplanation<Sample> | undefined)[] = [];
  for (const [i, one] of evidence.entries()) {
    signal?.throwIfAborted();
    const partner = partners[i];
    const sample = draw(one, rng);
    const told =
      sample === undefined
        ? []
        : await settleAll([i, partner].map(async (j) => (j === undefined ? undefined : tell(explanations[j], sample))));
    const [own, control] = told;
    scores.push(
      sample !== undefined && own !== undefined
        ? { sample, own: judge(sample, own), ...(control !== undefined && { control: judge(sample, control) }) }
        : undefined,
    );
    onFeature?.(scores.length, evidence.length);
  }
  return scores;
}

/** Means over the features with a score; n = 0 without any. */
export function summariseScores(
  scores: readonly ({ own: number; control?: number } | undefined)[],
  resampling: Resampling,
): ScoreSummary {
  const scored = scores.filter((score) => score !== undefined);
  const paired = scored.flatMap(({ own, control }) => (control === undefined ? [] : [{ own, control }]));
  const mean = (values: readonly number[]) => meanInterval(values, "feature", resampling);
  return {
    explained: scores.length,
    scored: scored.length,
    own: mean(scored.map(({ own }) => own)),
    control: mean(paired.map(({ control }) => control)),
    difference: mean(paired.map(({ own, control }) => own - control)),
  };
}

/** For each feature another one of its layer, each used once; undefined if there is no other. */
function otherOfLayer(evidence: readonly FeatureEvidence[], rng: Rng): (number | undefined)[] {
  const partners = new Array<number | undefined>(evidence.length);
  for (const layer of new Set(evidence.map((one) => one.layer))) {
    const ofLayer = rng.shuffle(evidence.flatMap((one, i) => (one.layer === layer ? [i] : [])));
    if (ofLayer.length < 2) continue;
    for (const [k, i] of ofLayer.entries()) partners[i] = ofLayer[(k + 1) % ofLayer.length];
  }
  return partners;
}
