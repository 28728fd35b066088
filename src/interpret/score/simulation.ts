/** Simulation: correlation of activations predicted from an explanation with the true ones. */
import type { Rng } from "../../rng.js";
import { bootstrap } from "../../stats/index.js";
import type { Interval, Resampling } from "../../stats/interval.js";
import { activationLevel } from "../evidence/activation-level.js";
import type { FeatureEvidence } from "../evidence/collect-evidence.js";
import { drawStretches, type Excerpt, Stretches } from "../evidence/excerpts.js";
import type { Explanation } from "../explain/explainer.js";
import { judgeExplanations, type ScoreSummary, type ScoringOptions, summariseScores } from "./explanation-scores.js";

/** Simulation score of one explanation. */
export interface Simulation {
  /**
   * Pearson correlation of predicted and true levels over all tokens; 0 for constant predictions.
   */
  correlation: Interval;
  /**
   * The same excerpts predicted from the explanation of another feature of the layer, if there is
   * one.
   */
  control?: Interval;
  excerpts: number;
  tokens: number;
}

/** Simulation scores of many explanations: means, with intervals over features. */
export interface SimulationSummary extends Omit<ScoreSummary, "own"> {
  correlation: Interval;
}

/** Tokens of an excerpt, about as many as the paper shows its explainer. */
export const SIMULATED_TOKENS = 32;
/** Numbers of excerpts of highest activation, and of random ones, as in Bills et al. */
const TOP = 5;
const RANDOM = 5;
export const SIMULATED_EXCERPTS = TOP + RANDOM;

interface SimulatedExcerpt extends Excerpt {
  text: number;
  levels: number[];
}

/**
 * Simulation scores (Bills et al. 2023, "Language models can explain neurons in language models"),
 * without log-probabilities, which few endpoints return: the explainer gets an explanation and
 * excerpts, and predicts the level of activation at each token, 0 to 10. Excerpts are consecutive
 * stretches of 32 tokens: the five of highest activation from different texts, and five random
 * others. True levels are tenths of the highest activation on these texts. The control gets the
 * explanation of a random other feature of the same layer. Intervals resample texts.
 * @param evidence on texts that no explanation was made from
 * @param explanations of the same features, in the same order
 * @returns per feature its scores, or undefined if it is active in fewer than five texts, there are
 *   fewer than ten excerpts, its activation is constant, or the explainer gave no answer
 */
export async function scoreSimulation(
  evidence: readonly FeatureEvidence[],
  explanations: readonly Explanation[],
  options: ScoringOptions,
): Promise<(Simulation | undefined)[]> {
  const { explainer, rng, resamples, signal } = options;
  const judged = await judgeExplanations(
    evidence,
    explanations,
    {
      draw: (one) => drawSimulated(one, rng),
      tell: (explanation, samples) => explainer.simulate(explanation, samples, signal),
      judge: (samples, told) => correlationOf(samples, told, { rng, resamples }),
    },
    options,
  );
  return judged.map(
    (one) =>
      one && {
        correlation: one.own,
        ...(one.control && { control: one.control }),
        excerpts: one.sample.length,
        tokens: one.sample.length * SIMULATED_TOKENS,
      },
  );
}

/** Means over the features with a score; n = 0 without any. */
export function summariseSimulation(
  scores: readonly (Simulation | undefined)[],
  resampling: Resampling,
): SimulationSummary {
  const { explained, scored, own, control, difference } = summariseScores(
    scores.map((score) => score && { own: score.correlation.value, control: score.control?.value }),
    resampling,
  );
  return { explained, scored, correlation: own, control, difference };
}

function drawSimulated(evidence: FeatureEvidence, rng: Rng): SimulatedExcerpt[] | undefined {
  const stretches = new Stretches(evidence, SIMULATED_TOKENS);
  const texts = new Set<number>();
  const top = stretches
    .firing()
    .reverse()
    .filter((stretch) => texts.size < TOP && texts.size < texts.add(stretches.textOf(stretch)).size);
  const others = drawStretches([...stretches.peaks.keys()], SIMULATED_EXCERPTS, rng)
    .filter((stretch) => !top.includes(stretch))
    .slice(0, RANDOM);
  if (top.length < TOP || others.length < RANDOM) return undefined;
  const samples = stretches.excerpts([...top, ...others]).map(({ codes, text, start, tokens }) => ({
    text,
    start,
    tokens,
    levels: Array.from(codes, (code) => activationLevel(code, evidence.maxActivation)),
  }));
  const levels = new Set(samples.flatMap((sample) => sample.levels));
  return levels.size > 1 ? samples : undefined;
}

/** Sums of one text; those of a resample are their totals. */
interface Sums {
  n: number;
  x: number;
  y: number;
  xx: number;
  yy: number;
  xy: number;
}

const noSums = (): Sums => ({ n: 0, x: 0, y: 0, xx: 0, yy: 0, xy: 0 });

function correlationOf(
  samples: readonly SimulatedExcerpt[],
  told: readonly number[][],
  resampling: Resampling,
): Interval {
  const byText = new Map<number, Sums>();
  for (const [i, { text, levels }] of samples.entries()) {
    const sums = byText.get(text) ?? noSums();
    byText.set(text, sums);
    for (const [t, y] of levels.entries())
      add(sums, { n: 1, x: told[i][t], y, xx: told[i][t] ** 2, yy: y ** 2, xy: told[i][t] * y });
  }
  const texts = [...byText.values()];
  const statistic = (indices: Int32Array) => {
    const sum = noSums();
    for (const i of indices) add(sum, texts[i]);
    const { n, x, y, xx, yy, xy } = sum;
    // Levels are whole numbers, so the sums are exact and a constant has variance 0 exactly.
    const [varianceX, varianceY] = [n * xx - x * x, n * yy - y * y];
    if (varianceY === 0) return Number.NaN;
    return varianceX === 0 ? 0 : (n * xy - x * y) / Math.sqrt(varianceX * varianceY);
  };
  return bootstrap(texts.length, statistic, { ...resampling, unit: "text" });
}

function add(to: Sums, { n, x, y, xx, yy, xy }: Sums): void {
  to.n += n;
  to.x += x;
  to.y += y;
  to.xx += xx;
  to.yy += yy;
  to.xy += xy;
}
