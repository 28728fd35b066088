/** What explanations are worth: each judged beside the explanation of another feature, by any of the scores. */
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

/** How one score works. */
interface Scoring<Sample, Told> {
  /** What the explainer is asked about a feature; undefined where the feature does not give enough. */
  draw(evidence: FeatureEvidence, rng: Rng): Sample | undefined;
  /** What an explanation predicts there; undefined when the explainer gives no usable answer. */
  tell(explanation: Explanation, sample: Sample): Promise<Told | undefined>;
  /** How right that is. */
  judge(sample: Sample, told: Told): Interval;
}

/** A score of one explanation, and that of another feature's explanation on the same samples; none where the layer has no other. */
export interface JudgedExplanation<Sample> {
  sample: Sample;
  own: Interval;
  control?: Interval;
}

/** Means of a score, with intervals over features. */
export interface ScoreSummary {
  /** Features with an explanation, and those of them that could be scored. */
  explained: number;
  scored: number;
  own: Interval;
  control: Interval;
  /** own - control, paired over the features that have both. */
  difference: Interval;
}

/** Judges every explanation, one after the other; the control is the explanation of a random other feature of the layer. */
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

/** Means over the features that could be scored; n = 0 where none could. */
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

/** For each feature another of its layer, each serving once; undefined where there is no other. */
function otherOfLayer(evidence: readonly FeatureEvidence[], rng: Rng): (number | undefined)[] {
  const partners = new Array<number | undefined>(evidence.length);
  for (const layer of new Set(evidence.map((one) => one.layer))) {
    const ofLayer = rng.shuffle(evidence.flatMap((one, i) => (one.layer === layer ? [i] : [])));
    if (ofLayer.length < 2) continue;
    for (const [k, i] of ofLayer.entries()) partners[i] = ofLayer[(k + 1) % ofLayer.length];
  }
  return partners;
}
