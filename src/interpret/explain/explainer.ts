/** What an explainer is: it says in words what a feature fires on, labels it, and predicts from its words where it fires. */
import type { FeatureEvidence } from "../evidence/collect-evidence.js";
import type { Excerpt, MarkedExcerpt } from "../evidence/excerpts.js";
import type { Example } from "../evidence/top-examples.js";
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

export interface Classification {
  /** Whether the feature is related to the reward. */
  related: boolean;
  /** Why, in words. */
  reason: string;
  /** What else it is about, e.g. "movie opinion"; the strongest first. Beside `related`, not instead of it. */
  topics: string[];
  scores?: LabelScores;
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
