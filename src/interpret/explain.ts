/** Explaining features: what an explainer is, and one record per feature with explanation, label and statistics. */
import { InternalError } from "../errors.js";
import { activationShares, tokenAt } from "./activation-shares.js";
import type { FeatureEvidence } from "./collect-evidence.js";
import type { Detection, Excerpt } from "./detection.js";
import type { FiringRule } from "./firing-rule.js";
import { type Example, shownRanks, topExamples } from "./top-examples.js";
import type { TopicScore } from "./topic-association.js";

/** What a feature fires on. */
export interface Explanation {
  /** In words. */
  explanation: string;
  /** What the words say as a rule, where the explainer counts rather than writes. */
  rule?: FiringRule;
}

/** Numbers behind labels and explanations, each where the explainer or a stage gives it. */
export interface FeatureScores {
  /** Effect size and significance of the label. */
  sentimentAssociation?: number;
  pValue?: number;
  /** Benjamini-Hochberg over all features classified together. */
  qValue?: number;
  /** Every topic that was tested. */
  topics?: TopicScore[];
  /** How well the explanation predicts where the feature fires. */
  detection?: Detection;
}

export interface Classification {
  /** Whether the feature is related to the reward. */
  related: boolean;
  /** Why, in words. */
  reason: string;
  /** What else it is about, e.g. "movie opinion"; the strongest first. Beside `related`, not instead of it. */
  topics: string[];
  scores?: FeatureScores;
}

/** A feature as `Explainer.classify` is given it. */
export interface UnlabelledFeature extends Explanation {
  evidence: FeatureEvidence;
  /** Texts that made the explanation; a test leaves them out. */
  shownTexts: ReadonlySet<number>;
}

/** Says in words what a feature fires on, and whether that has to do with the reward (paper, section 4.4). */
export interface Explainer {
  readonly name: string;
  /** How it decides labels, e.g. "permutation test over texts, Benjamini-Hochberg q = 0.05". */
  readonly criterion: string;
  /** @param shown the examples that make the explanation */
  explain(evidence: FeatureEvidence, shown: readonly Example[], signal?: AbortSignal): Promise<Explanation>;
  /**
   * Labels all features at once, since a test of many features must know how many there are.
   * @param features on the same texts, of one model or several
   * @returns in the order given
   */
  classify(features: readonly UnlabelledFeature[], signal?: AbortSignal): Promise<Classification[]>;
  /**
   * Whether a feature with this explanation fires anywhere in each excerpt. Told from the explanation alone, and the same
   * every time.
   */
  detect(explanation: Explanation, excerpts: readonly Excerpt[], signal?: AbortSignal): Promise<boolean[]>;
}

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
  const explained: ExplainedFeature[] = [];
  for (const one of evidence) {
    signal?.throwIfAborted();
    const { layer, feature, corpus, density, maxActivation, meanWhenActive } = one;
    const match = matches.find((candidate) => candidate.layer === layer && candidate.feature === feature);
    if (!match) throw new InternalError(`no match was given for feature ${feature} of layer ${layer}`);
    const examples = topExamples(one, examplesPerFeature);
    const ranks = shownRanks(examples.length, examplesShown);
    const shown = examples.filter((_, rank) => ranks.has(rank));
    explained.push({
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
      topTokens: activationShares(one, (position) => tokenAt(corpus, position))
        .slice(0, TOP_TOKENS)
        .map(({ key, share, mean, count }) => ({ token: tokenText(key), share, mean, count })),
      ...(await explainer.explain(one, shown, signal)),
      explainer: explainer.name,
    });
    onFeature?.(explained.length, evidence.length);
  }
  return explained;
}
