/** Explains features: one record per feature with its explanation, examples and statistics. */
import { InternalError } from "../../errors.js";
import { activationShares, tokenAt } from "../evidence/activation-shares.js";
import type { FeatureEvidence } from "../evidence/collect-evidence.js";
import { examplesAtLevels, shownRanks, topExamples } from "../evidence/top-examples.js";
import { settleAll } from "../settle-all.js";
import type { Explainer, Explanation } from "./explainer.js";

/** Why a feature is explained; one of both. */
export interface FeatureChoice {
  /** Highest cosine with a feature of the large dictionary, and that feature. */
  cosine?: number;
  partner?: number;
  /** Its mean activation per token in each model, of a dictionary that both share. */
  means?: { base: number; tuned: number };
}

/** A feature with its explanation and activation statistics. */
export interface ExplainedFeature extends Explanation, FeatureChoice {
  layer: number;
  feature: number;
  /** Share of the tokens of the explaining texts at which it is active. */
  density: number;
  maxActivation: number;
  meanWhenActive: number;
  /**
   * The texts of highest activation: tokens and activations around the peak, and whether the
   * explainer was shown it.
   */
  examples: { tokens: string[]; activations: number[]; text: number; shown: boolean }[];
  /**
   * Texts of weaker activation: those whose highest one is nearest to 3/4, 1/2 and 1/4 of the
   * highest of all.
   */
  atLevels: { level: number; tokens: string[]; activations: number[] }[];
  /**
   * Histogram of the activations above 0: shares by tenths of the highest, lowest tenth first:
   * [10].
   */
  histogram: number[];
  /**
   * The ten tokens with the largest share of the feature's activation, with mean activation and
   * count.
   */
  topTokens: { token: string; share: number; mean: number; count: number }[];
  explainer: string;
}

/** Features to explain, the explainer, and how many examples are kept and shown. */
export interface ExplainOptions {
  explainer: Explainer;
  /** The text of a single token. */
  tokenText: (id: number) => string;
  /**
   * Why each feature was chosen: its match in the large dictionary, from `matchDictionaries`, or
   * its means, from `mostChanged`.
   */
  choices: readonly (FeatureChoice & { layer: number; feature: number })[];
  /** Texts of highest activation kept per feature; the paper has 20. */
  examplesPerFeature: number;
  /** Number of these that the explainer sees, spread over their ranks; the paper has 5. */
  examplesShown: number;
  signal?: AbortSignal;
  /** Called after each explained feature. */
  onFeature?: (done: number, total: number) => void;
}

const TOP_TOKENS = 10;

function histogramOf({ codes, maxActivation }: FeatureEvidence): number[] {
  const counts = new Array<number>(10).fill(0);
  for (const code of codes) counts[Math.min(9, Math.floor((10 * code) / maxActivation))]++;
  return counts.map((count) => (codes.length > 0 ? count / codes.length : 0));
}

/**
 * Explains every feature of the evidence. `Explainer.classify` labels features, `scoreDetection`
 * scores explanations.
 * @param evidence result of `collectEvidence` on held-out texts
 * @returns one record per feature, in the order of the evidence
 * @throws InternalError when a feature is not among `choices`
 */
export async function explainFeatures(
  evidence: readonly FeatureEvidence[],
  { explainer, tokenText, choices, examplesPerFeature, examplesShown, signal, onFeature }: ExplainOptions,
): Promise<ExplainedFeature[]> {
  let done = 0;
  const explain = async (one: FeatureEvidence): Promise<ExplainedFeature> => {
    signal?.throwIfAborted();
    const { layer, feature, corpus, density, maxActivation, meanWhenActive } = one;
    const choice = choices.find((candidate) => candidate.layer === layer && candidate.feature === feature);
    if (!choice)
      throw new InternalError(`feature ${feature} of layer ${layer}: expected one of the choices, received another`);
    const examples = topExamples(one, examplesPerFeature);
    const ranks = shownRanks(examples.length, examplesShown);
    const shown = examples.filter((_, rank) => ranks.has(rank));
    const explained = {
      ...choice,
      density,
      maxActivation,
      meanWhenActive,
      examples: examples.map(({ tokens, activations, text }, rank) => ({
        tokens: tokens.map(tokenText),
        activations,
        text,
        shown: ranks.has(rank),
      })),
      atLevels: examplesAtLevels(one).map(({ level, example: { tokens, activations } }) => ({
        level,
        tokens: tokens.map(tokenText),
        activations,
      })),
      histogram: histogramOf(one),
      topTokens: activationShares(one, (position) => tokenAt(corpus, position))
        .slice(0, TOP_TOKENS)
        .map(({ key, share, mean, count }) => ({ token: tokenText(key), share, mean, count })),
      ...(await explainer.explain(one, shown, signal)),
      explainer: explainer.name,
    };
    done++;
    onFeature?.(done, evidence.length);
    return explained;
  };
  return settleAll(evidence.map(explain));
}
