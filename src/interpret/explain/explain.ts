/** Explaining features: what an explainer is, and one record per feature with explanation, label and statistics. */
import { InternalError } from "../../errors.js";
import { activationShares, tokenAt } from "../evidence/activation-shares.js";
import type { FeatureEvidence } from "../evidence/collect-evidence.js";
import type { Excerpt } from "../evidence/excerpts.js";
import { type Example, examplesAtLevels, shownRanks, topExamples } from "../evidence/top-examples.js";
import type { Detection } from "../score/detection.js";
import type { MarkedExcerpt } from "../score/fuzzing.js";
import type { Simulation } from "../score/simulation.js";
import { settleAll } from "../settle-all.js";
import type { FiringRule } from "./firing-rule.js";
import type { TopicScore } from "./topic-association.js";

/** What a feature fires on. */
export interface Explanation {
  /** In words. */
  explanation: string;
  /** What the words say as a rule, where the explainer counts rather than writes. */
  rule?: FiringRule;
  /** Names of the kept exchanges with a language model that wrote it (see `ReplyCache`). */
  explainedIn?: string[];
  /** There is none, as `explanation` says, since the explainer gave no usable answer. */
  failed?: true;
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
  /** How well the explanation predicts in which excerpts the feature fires, at which of their tokens, and how strongly. */
  detection?: Detection;
  fuzzing?: Detection;
  simulation?: Simulation;
}

export interface Classification {
  /** Whether the feature is related to the reward. */
  related: boolean;
  /** Why, in words. */
  reason: string;
  /** What else it is about, e.g. "movie opinion"; the strongest first. Beside `related`, not instead of it. */
  topics: string[];
  scores?: FeatureScores;
  /** Names of the kept exchanges with a language model that gave label and topics. */
  classifiedIn?: string[];
  /** The label is a "no" for want of a usable answer, as `reason` says. */
  unanswered?: true;
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
  /** What `Classification.topics` may hold. */
  readonly topics: readonly string[];
  /** @param shown the examples that make the explanation */
  explain(evidence: FeatureEvidence, shown: readonly Example[], signal?: AbortSignal): Promise<Explanation>;
  /**
   * Labels all features at once, since a test of many features must know how many there are.
   * @param features on the same texts, of one model or several
   * @returns in the order given
   */
  classify(features: readonly UnlabelledFeature[], signal?: AbortSignal): Promise<Classification[]>;
  /**
   * Whether a feature with this explanation fires anywhere in each excerpt. Told, as in the two that follow, from the
   * explanation alone, and the same every time; undefined when there is no usable answer.
   */
  detect(explanation: Explanation, excerpts: readonly Excerpt[], signal?: AbortSignal): Promise<boolean[] | undefined>;
  /** Of excerpts in each of which the feature fires somewhere: whether the marked tokens are those. */
  fuzz(
    explanation: Explanation,
    excerpts: readonly MarkedExcerpt[],
    signal?: AbortSignal,
  ): Promise<boolean[] | undefined>;
  /** How strongly the feature fires at each token, 0 to 10, per excerpt `[tokens]`. */
  simulate(
    explanation: Explanation,
    excerpts: readonly Excerpt[],
    signal?: AbortSignal,
  ): Promise<number[][] | undefined>;
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
