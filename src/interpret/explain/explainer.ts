/**
 * The interface of an explainer: it explains features in words, labels them, and predicts
 * activations from explanations.
 */
import type { FeatureEvidence } from "../evidence/collect-evidence.js";
import type { Excerpt, MarkedExcerpt } from "../evidence/excerpts.js";
import type { Example } from "../evidence/top-examples.js";
import type { FoundPattern } from "./pattern/pattern.js";
import type { TopicScore } from "./topic-association.js";

/** The explanation of a feature without activations. */
export const NEVER_ACTIVE = "never fires on these texts";

/** The explanation of a feature: the tokens on which it is active. */
export interface Explanation {
  /** In words. */
  explanation: string;
  /** The pattern that it names, for the explainer that looks for patterns. */
  pattern?: FoundPattern;
  /** No pattern was found, or the feature is never active; `explanation` says so. */
  noPattern?: true;
  /** Names of the saved requests to a language model that wrote it (see `ReplyCache`). */
  explainedIn?: string[];
  /** The explainer gave no usable answer; `explanation` gives the reason. */
  failed?: true;
}

/** Numbers behind a label. */
export interface LabelScores {
  /** Effect size and significance of the label. */
  sentimentAssociation?: number;
  pValue?: number;
  /** Benjamini-Hochberg over all features classified together. */
  qValue?: number;
  /** Every topic that was tested. */
  topics?: TopicScore[];
}

/** The label of one feature, its topics, and the figures that led to it. */
export interface Classification {
  /** Whether the feature is related to the reward. */
  related: boolean;
  /** The reason in words. */
  reason: string;
  /** Topics of the feature, e.g. "movie opinion", the strongest first; independent of `related`. */
  topics: string[];
  scores?: LabelScores;
  /** Names of the saved requests to a language model that gave label and topics. */
  classifiedIn?: string[];
  /** There was no usable answer, which counts as not related; `reason` gives the cause. */
  unanswered?: true;
}

/** A feature as input of `Explainer.classify`. */
export interface UnlabelledFeature extends Explanation {
  evidence: FeatureEvidence;
  /** Texts that the explanation was made from; tests leave them out. */
  shownTexts: ReadonlySet<number>;
}

/**
 * Explains features in words and labels them as related to the reward or not (paper, section 4.4).
 */
export interface Explainer {
  readonly name: string;
  /** How labels are decided, e.g. "permutation test over texts, Benjamini-Hochberg q = 0.05". */
  readonly criterion: string;
  /** The possible values of `Classification.topics`. */
  readonly topics: readonly string[];
  /**
   * Says in words what a feature is active on.
   * @param shown the examples that the explanation is made from
   */
  explain(evidence: FeatureEvidence, shown: readonly Example[], signal?: AbortSignal): Promise<Explanation>;
  /**
   * Labels all features at once, since tests are corrected for their number.
   * @param features on the same texts, of one model or several
   * @returns in the given order
   */
  classify(features: readonly UnlabelledFeature[], signal?: AbortSignal): Promise<Classification[]>;
  /**
   * Predicts for each excerpt whether a feature with this explanation is active anywhere in it.
   * This and the next two use only the explanation and are deterministic; undefined when there is
   * no usable answer.
   */
  detect(explanation: Explanation, excerpts: readonly Excerpt[], signal?: AbortSignal): Promise<boolean[] | undefined>;
  /**
   * Predicts for excerpts in which the feature is active whether it is active at the marked tokens.
   */
  fuzz(
    explanation: Explanation,
    excerpts: readonly MarkedExcerpt[],
    signal?: AbortSignal,
  ): Promise<boolean[] | undefined>;
  /** Predicts the level of activation at each token, 0 to 10, per excerpt `[tokens]`. */
  simulate(
    explanation: Explanation,
    excerpts: readonly Excerpt[],
    signal?: AbortSignal,
  ): Promise<number[][] | undefined>;
}
