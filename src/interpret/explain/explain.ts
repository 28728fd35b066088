/** Explaining features: one record per feature with its explanation, examples and statistics. */
import { InternalError } from "../../errors.js";
import { activationShares, tokenAt } from "../evidence/activation-shares.js";
import type { FeatureEvidence } from "../evidence/collect-evidence.js";
import { examplesAtLevels, shownRanks, topExamples } from "../evidence/top-examples.js";
import { settleAll } from "../settle-all.js";
import type { Explainer, Explanation } from "./explainer.js";

/** A feature with what it fires on, in words and numbers. */
export interface ExplainedFeature extends Explanation {
  layer: number;
  feature: number;
  /** Best cosine in the large dictionary, and that feature there. */
  cosine: number;
  partner: number;
  /** Share of the tokens of the explaining texts with a code above 0. */
  density: number;
  maxActivation: number;
  meanWhenActive: number;
  /** The texts with the highest activation: tokens and codes around the peak, and whether the explanation was made from it. */
  examples: { tokens: string[]; activations: number[]; text: number; shown: boolean }[];
  /** Texts of weaker activation: those whose highest code is nearest to 3/4, 1/2 and 1/4 of the highest. */
  atLevels: { level: number; tokens: string[]; activations: number[] }[];
  /** Of the codes above 0, the share in each tenth of the highest, the lowest tenth first: [10]. */
  histogram: number[];
  /** The ten tokens with the largest share of the feature's activation, with mean code and count. */
  topTokens: { token: string; share: number; mean: number; count: number }[];
  explainer: string;
}

export interface ExplainOptions {
  explainer: Explainer;
  /** The text of one token alone. */
  tokenText: (id: number) => string;
  /** The match of each feature in the large dictionary, as `matchDictionaries` found it. */
  matches: readonly { layer: number; feature: number; cosine: number; partner: number }[];
  /** Texts with the highest activation that are kept; the paper has 20. */
  examplesPerFeature: number;
  /** Of these, texts an explanation is made from, spread over their ranks; the paper has 5. */
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
 * Explains every feature of the evidence; `Explainer.classify` labels them, `scoreDetection` scores the explanations.
 * @param evidence what `collectEvidence` gathered on held-out texts
 * @returns one record per feature, in the order of the evidence
 * @throws InternalError when a feature has no match among `matches`
 */
export async function explainFeatures(
  evidence: readonly FeatureEvidence[],
  { explainer, tokenText, matches, examplesPerFeature, examplesShown, signal, onFeature }: ExplainOptions,
): Promise<ExplainedFeature[]> {
  let done = 0;
  const explain = async (one: FeatureEvidence): Promise<ExplainedFeature> => {
    signal?.throwIfAborted();
    const { layer, feature, corpus, density, maxActivation, meanWhenActive } = one;
    const match = matches.find((candidate) => candidate.layer === layer && candidate.feature === feature);
    if (!match) throw new InternalError(`no match was given for feature ${feature} of layer ${layer}`);
    const examples = topExamples(one, examplesPerFeature);
    const ranks = shownRanks(examples.length, examplesShown);
    const shown = examples.filter((_, rank) => ranks.has(rank));
    const explained = {
      layer,
      feature,
      cosine: match.cosine,
      partner: match.partner,
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
