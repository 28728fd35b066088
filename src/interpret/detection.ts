/** How much an explanation is worth: whether one can tell from it alone on which excerpts its feature fires. */
import type { Rng } from "../rng.js";
import { bootstrap, type Interval } from "../stats/index.js";
import type { FeatureEvidence } from "./collect-evidence.js";
import type { Explainer, Explanation } from "./explain.js";
import { meanInterval, type Resampling } from "./interval.js";

/** A few consecutive tokens of a text. */
export interface Excerpt {
  tokens: readonly number[];
  /** Position in its text of the first token. */
  start: number;
}

/** Detection score of one explanation. */
export interface Detection {
  /** Mean of the share of firing excerpts that are told to fire and the share of silent ones told not to; 0.5 is chance. */
  balancedAccuracy: Interval;
  /** The same excerpts, told by the explanation of another feature of the layer; none where the layer has no other. */
  control?: Interval;
  /** Excerpts on which the feature fires, and on which it is silent. */
  positives: number;
  negatives: number;
}

/** Detection scores of many explanations: means, with intervals over features. */
export interface DetectionSummary {
  /** Features with an explanation, and those of them that could be scored. */
  explained: number;
  scored: number;
  balancedAccuracy: Interval;
  control: Interval;
  /** balancedAccuracy - control, paired over the features that have both. */
  difference: Interval;
}

export interface DetectionOptions extends Resampling {
  explainer: Explainer;
  signal?: AbortSignal;
  /** Called after each feature. */
  onFeature?: (done: number, total: number) => void;
}

/**
 * Tokens of an excerpt. Paulo et al. take 32, with autoencoders whose features are active at one token in thousands; a
 * feature that is active at a quarter of the tokens, as is common in small dictionaries, leaves no 32 tokens silent.
 */
export const EXCERPT_TOKENS = 8;
/** Firing excerpts are drawn from tenths of their highest code, weak ones as often as strong ones. */
const QUANTILES = 10;
const PER_QUANTILE = 5;
/** With fewer excerpts of either kind a score would say nothing. */
const FEWEST = 10;

/**
 * Detection scores (Paulo et al. 2024, "Automatically interpreting millions of features in large language models"): the explainer
 * is given an explanation and excerpts, and says on which of them the feature fires. Excerpts are consecutive
 * stretches of 8 tokens; at most 50 with a code above 0, five from each tenth of their highest code, and
 * as many random ones without any. The control hears the explanation of a random other feature of the same layer.
 * Intervals resample texts, since excerpts of one text depend on each other.
 * @param evidence on texts that made no explanation
 * @param explanations of the same features, in the same order
 * @returns per feature its scores, or undefined where fewer than 10 excerpts fire or are silent
 */
export async function scoreDetection(
  evidence: readonly FeatureEvidence[],
  explanations: readonly Explanation[],
  { explainer, rng, resamples, signal, onFeature }: DetectionOptions,
): Promise<(Detection | undefined)[]> {
  const partners = otherOfLayer(evidence, rng);
  const scores: (Detection | undefined)[] = [];
  for (const [i, one] of evidence.entries()) {
    signal?.throwIfAborted();
    const samples = drawExcerpts(one, rng);
    const positives = samples.filter(({ fires }) => fires).length;
    const negatives = samples.length - positives;
    const accuracy = async (explanation: Explanation): Promise<Interval> =>
      balancedAccuracy(samples, await explainer.detect(explanation, samples, signal), { rng, resamples });
    if (positives < FEWEST || negatives < FEWEST) scores.push(undefined);
    else {
      const partner = partners[i];
      scores.push({
        balancedAccuracy: await accuracy(explanations[i]),
        ...(partner !== undefined && { control: await accuracy(explanations[partner]) }),
        positives,
        negatives,
      });
    }
    onFeature?.(scores.length, evidence.length);
  }
  return scores;
}

/** Means over the features that could be scored; n = 0 where none could. */
export function summariseDetection(
  scores: readonly (Detection | undefined)[],
  resampling: Resampling,
): DetectionSummary {
  const scored = scores.filter((score) => score !== undefined);
  const paired = scored.flatMap(({ balancedAccuracy: { value }, control }) =>
    control ? [{ own: value, control: control.value }] : [],
  );
  const mean = (values: readonly number[]) => meanInterval(values, "feature", resampling);
  return {
    explained: scores.length,
    scored: scored.length,
    balancedAccuracy: mean(scored.map(({ balancedAccuracy: { value } }) => value)),
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

interface Sample extends Excerpt {
  text: number;
  fires: boolean;
}

/** Firing excerpts over the quantiles of their highest code, and as many silent ones where there are. */
function drawExcerpts({ corpus, positions, codes }: FeatureEvidence, rng: Rng): Sample[] {
  // The stretches of text i are numbered from firstOf[i]; a rest that is too short belongs to none.
  const firstOf = [0];
  for (const { length } of corpus.texts)
    firstOf.push(firstOf[firstOf.length - 1] + Math.floor(length / EXCERPT_TOKENS));
  const peaks = new Float32Array(firstOf[firstOf.length - 1]);
  for (const [k, position] of positions.entries()) {
    const text = corpus.textOf[position];
    const stretch = firstOf[text] + Math.floor((position - corpus.offsets[text]) / EXCERPT_TOKENS);
    if (stretch < firstOf[text + 1]) peaks[stretch] = Math.max(peaks[stretch], codes[k]);
  }
  const textOf = corpus.texts.flatMap((_, text) => new Array<number>(firstOf[text + 1] - firstOf[text]).fill(text));
  const excerpt = (stretch: number): Sample => {
    const text = textOf[stretch];
    const start = (stretch - firstOf[text]) * EXCERPT_TOKENS;
    return { text, start, tokens: corpus.texts[text].slice(start, start + EXCERPT_TOKENS), fires: peaks[stretch] > 0 };
  };
  const all = [...peaks.keys()];
  const firing = all.filter((stretch) => peaks[stretch] > 0).sort((a, b) => peaks[a] - peaks[b] || a - b);
  const silent = all.filter((stretch) => peaks[stretch] === 0);
  const draw = (from: readonly number[], count: number) => rng.sample(from.length, count).map((i) => excerpt(from[i]));
  const cut = (quantile: number) => Math.floor((quantile * firing.length) / QUANTILES);
  const positives = Array.from({ length: QUANTILES }, (_, quantile) =>
    draw(firing.slice(cut(quantile), cut(quantile + 1)), PER_QUANTILE),
  ).flat();
  return [...positives, ...draw(silent, QUANTILES * PER_QUANTILE)];
}

function balancedAccuracy(samples: readonly Sample[], told: readonly boolean[], resampling: Resampling): Interval {
  const byText = new Map<number, { firing: number; hits: number; silent: number; rejections: number }>();
  for (const [i, { text, fires }] of samples.entries()) {
    const counts = byText.get(text) ?? { firing: 0, hits: 0, silent: 0, rejections: 0 };
    byText.set(text, counts);
    if (fires) {
      counts.firing++;
      if (told[i]) counts.hits++;
    } else {
      counts.silent++;
      if (!told[i]) counts.rejections++;
    }
  }
  const texts = [...byText.values()];
  // A resample without excerpts of both kinds has no accuracy: 0 / 0.
  const statistic = (indices: Int32Array) => {
    const sum = { firing: 0, hits: 0, silent: 0, rejections: 0 };
    for (const i of indices) {
      sum.firing += texts[i].firing;
      sum.hits += texts[i].hits;
      sum.silent += texts[i].silent;
      sum.rejections += texts[i].rejections;
    }
    return (sum.hits / sum.firing + sum.rejections / sum.silent) / 2;
  };
  return bootstrap(texts.length, statistic, { ...resampling, unit: "text" });
}
