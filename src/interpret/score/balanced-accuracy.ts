/** The balanced accuracy of yes/no predictions, the score of detection and fuzzing. */
import { bootstrap, type Interval } from "../../stats/index.js";
import type { Resampling } from "../../stats/interval.js";
import type { FeatureEvidence } from "../evidence/collect-evidence.js";
import type { Excerpt } from "../evidence/excerpts.js";
import type { Explanation } from "../explain/explainer.js";
import { judgeExplanations, type ScoreSummary, type ScoringOptions, summariseScores } from "./explanation-scores.js";

/** Minimal number of excerpts of either kind for a score. */
const FEWEST_EXCERPTS = 10;

/** Detection or fuzzing score of one explanation. */
export interface Detection {
  /**
   * Mean of two shares: active excerpts predicted as active, and inactive ones predicted as
   * inactive; 0.5 is chance.
   */
  balancedAccuracy: Interval;
  /**
   * The same excerpts predicted from the explanation of another feature of the layer, if there is
   * one.
   */
  control?: Interval;
  /**
   * Numbers of excerpts on which the feature is active, and inactive; for fuzzing: marked
   * correctly, and wrongly.
   */
  positives: number;
  negatives: number;
}

/** Detection or fuzzing scores of many explanations: means, with intervals over features. */
export interface DetectionSummary extends Omit<ScoreSummary, "own"> {
  balancedAccuracy: Interval;
}

/** An excerpt of a text, and whether the right answer is yes. */
export type Sample = Excerpt & { text: number; truth: boolean };

interface Questions<S extends Sample> {
  /** The excerpts to predict. */
  draw(evidence: FeatureEvidence): readonly S[];
  /** Yes or no for each excerpt; undefined when the explainer gives no usable answer. */
  tell(explanation: Explanation, samples: readonly S[]): Promise<readonly boolean[] | undefined>;
}

/**
 * Scores explanations by yes or no per excerpt. Intervals resample texts.
 * @returns per explanation its score, or undefined if either kind has fewer than 10 excerpts or the
 *   explainer gave no answer
 */
export async function scoreBalancedAccuracy<S extends Sample>(
  evidence: readonly FeatureEvidence[],
  explanations: readonly Explanation[],
  { draw, tell }: Questions<S>,
  options: ScoringOptions,
): Promise<(Detection | undefined)[]> {
  const { rng, resamples } = options;
  const judged = await judgeExplanations(
    evidence,
    explanations,
    {
      draw(one) {
        const samples = draw(one);
        const { positives, negatives } = countsOf(samples);
        return positives < FEWEST_EXCERPTS || negatives < FEWEST_EXCERPTS ? undefined : samples;
      },
      tell,
      judge: (samples, told) => balancedAccuracy(samples, told, { rng, resamples }),
    },
    options,
  );
  return judged.map(
    (one) =>
      one && {
        balancedAccuracy: one.own,
        ...(one.control && { control: one.control }),
        ...countsOf(one.sample),
      },
  );
}

/** Means over the features with a score; n = 0 without any. */
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

function countsOf(samples: readonly Sample[]): { positives: number; negatives: number } {
  const positives = samples.filter(({ truth }) => truth).length;
  return { positives, negatives: samples.length - positives };
}

/**
 * Mean of the shares of correct predictions among excerpts whose answer is yes and among those
 * whose answer is no. Texts are resampled, since excerpts of one text depend on each other.
 */
function balancedAccuracy(
  samples: readonly { text: number; truth: boolean }[],
  told: readonly boolean[],
  resampling: Resampling,
): Interval {
  const byText = new Map<number, { yes: number; hits: number; no: number; rejections: number }>();
  for (const [i, { text, truth }] of samples.entries()) {
    const counts = byText.get(text) ?? { yes: 0, hits: 0, no: 0, rejections: 0 };
    byText.set(text, counts);
    if (truth) {
      counts.yes++;
      if (told[i]) counts.hits++;
    } else {
      counts.no++;
      if (!told[i]) counts.rejections++;
    }
  }
  const texts = [...byText.values()];
  // A resample without excerpts of both kinds has no accuracy: 0 / 0.
  const statistic = (indices: Int32Array) => {
    const sum = { yes: 0, hits: 0, no: 0, rejections: 0 };
    for (const i of indices) {
      sum.yes += texts[i].yes;
      sum.hits += texts[i].hits;
      sum.no += texts[i].no;
      sum.rejections += texts[i].rejections;
    }
    return (sum.hits / sum.yes + sum.rejections / sum.no) / 2;
  };
  return bootstrap(texts.length, statistic, { ...resampling, unit: "text" });
}
