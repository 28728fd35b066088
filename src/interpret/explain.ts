/** Explaining features: what an explainer is, and one record per feature with explanation, label and statistics. */
import { InternalError } from "../errors.js";
import { activationShares, tokenAt } from "./activation-shares.js";
import type { FeatureEvidence } from "./collect-evidence.js";
import { topExamples } from "./top-examples.js";

export interface Classification {
  /** Whether the feature is related to the reward. */
  related: boolean;
  /** Why, in words. */
  reason: string;
  /** Effect size and significance, where the explainer has them. */
  scores?: { sentimentAssociation: number; pValue: number; qValue: number };
}

/** Says in words what a feature fires on, and whether that has to do with the reward (paper, section 4.4). */
export interface Explainer {
  readonly name: string;
  /** How it decides labels, e.g. "permutation test over texts, Benjamini-Hochberg q = 0.05". */
  readonly criterion: string;
  explain(evidence: FeatureEvidence, signal?: AbortSignal): Promise<string>;
  /** Labels all features at once, since a test of many features must know how many there are. Same order as given. */
  classify(
    features: readonly { evidence: FeatureEvidence; explanation: string }[],
    signal?: AbortSignal,
  ): Promise<Classification[]>;
}

/** A feature with what it fires on, in words and numbers. */
export interface ExplainedFeature {
  layer: number;
  feature: number;
  /** Best cosine in the large dictionary, and that feature there. */
  cosine: number;
  partner: number;
  /** Share of held-out tokens with a code above 0. */
  density: number;
  maxActivation: number;
  meanWhenActive: number;
  /** The 20 texts with the highest activation: tokens and codes around the peak. */
  examples: { tokens: string[]; activations: number[]; text: number }[];
  /** The ten tokens with the largest share of the feature's activation, with mean code and count. */
  topTokens: { token: string; share: number; mean: number; count: number }[];
  explanation: string;
  explainer: string;
}

export interface ExplainOptions {
  explainer: Explainer;
  /** The text of one token alone. */
  tokenText: (id: number) => string;
  /** The match of each feature in the large dictionary, as `matchDictionaries` found it. */
  matches: readonly { layer: number; feature: number; cosine: number; partner: number }[];
  signal?: AbortSignal;
  /** Called after each explained feature. */
  onFeature?: (done: number, total: number) => void;
}

const TOP_TOKENS = 10;

/**
 * Explains every feature of the evidence; `Explainer.classify` labels them.
 * @param evidence what `collectEvidence` gathered on held-out texts
 * @returns one record per feature, in the order of the evidence
 * @throws InternalError when a feature has no match among `matches`
 */
export async function explainFeatures(
  evidence: readonly FeatureEvidence[],
  { explainer, tokenText, matches, signal, onFeature }: ExplainOptions,
): Promise<ExplainedFeature[]> {
  const explained: ExplainedFeature[] = [];
  for (const one of evidence) {
    signal?.throwIfAborted();
    const { layer, feature, corpus, density, maxActivation, meanWhenActive } = one;
    const match = matches.find((candidate) => candidate.layer === layer && candidate.feature === feature);
    if (!match) throw new InternalError(`no match was given for feature ${feature} of layer ${layer}`);
    explained.push({
      layer,
      feature,
      cosine: match.cosine,
      partner: match.partner,
      density,
      maxActivation,
      meanWhenActive,
      examples: topExamples(one).map(({ tokens, activations, text }) => ({
        tokens: tokens.map(tokenText),
        activations,
        text,
      })),
      topTokens: activationShares(one, (position) => tokenAt(corpus, position))
        .slice(0, TOP_TOKENS)
        .map(({ key, share, mean, count }) => ({ token: tokenText(key), share, mean, count })),
      explanation: await explainer.explain(one, signal),
      explainer: explainer.name,
    });
    onFeature?.(explained.length, evidence.length);
  }
  return explained;
}
